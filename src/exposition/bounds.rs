//! The values of `le` and `quantile` as text, made once for all series in a row
//! that have the same options.
//!
//! Heat: cold (once per series and scrape).

use std::sync::Arc;

/// How a number becomes text.
pub(super) type WriteNumber = fn(&mut Vec<u8>, f64);

/// The bounds of the options that were rendered last.
#[derive(Debug)]
pub(super) struct Bounds<O> {
    number: WriteNumber,
    of: Option<Arc<O>>,
    text: Vec<u8>,
    /// Where each ends in `text`.
    ends: Vec<usize>,
}

impl<O> Bounds<O> {
    pub(super) const fn new(number: WriteNumber) -> Self {
        Self { number, of: None, text: Vec::new(), ends: Vec::new() }
    }

    /// Makes the texts of these options' bounds the current ones. Holding the
    /// options keeps their address from becoming another's.
    pub(super) fn render<I: Iterator<Item = f64>>(
        &mut self,
        options: &Arc<O>,
        bounds: impl FnOnce() -> I,
    ) {
        if self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, options)) {
            return;
        }
        self.of = Some(Arc::clone(options));
        self.text.clear();
        self.ends.clear();
        for bound in bounds() {
            (self.number)(&mut self.text, bound);
            self.ends.push(self.text.len());
        }
    }

    /// The text of the bound at this place; empty if there is none.
    pub(super) fn text(&self, place: usize) -> &[u8] {
        let end = self.ends.get(place).copied().unwrap_or(0);
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        self.text.get(start.unwrap_or(0)..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_follow_the_options() {
        let (one, other) = (Arc::new(1), Arc::new(2));
        let mut bounds = Bounds::new(crate::exposition::write_number);
        bounds.render(&one, || [0.5, 1e6, f64::INFINITY].into_iter());
        let texts: Vec<_> = (0..4).map(|place| bounds.text(place).to_vec()).collect();
        assert_eq!(texts, [&b"0.5"[..], b"1e+06", b"+Inf", b""]);
        bounds.render(&one, || [7.0].into_iter());
        assert_eq!(bounds.text(0), b"0.5", "they are known already");
        bounds.render(&other, || [7.0].into_iter());
        assert_eq!((bounds.text(0), bounds.text(1)), (&b"7"[..], &b""[..]));
    }
}
