//! Repetitions: `* + ? {n} {n,} {n,m}`, each with a `?` behind it or not.
//!
//! Heat: cold.

use super::{Last, Result, Translator, fault};

/// The largest count of a repetition, and of counts that multiply.
const MOST: u32 = 1000;

impl Translator<'_> {
    /// `*`, `+` or `?`.
    pub(super) fn repeat(&mut self) -> Result<()> {
        let text = self.rest.get(..1).unwrap_or_default();
        self.repeated(text, 1)
    }

    /// `{…}`, if it is a count; otherwise a brace.
    pub(super) fn counted_repeat(&mut self) -> Result<()> {
        let Some(count) = Count::read(self.rest) else {
            self.advance(1);
            self.literal('{');
            return Ok(());
        };
        let most = count.most.unwrap_or(count.fewest);
        if count.fewest > MOST || most > MOST || most < count.fewest {
            return fault(count.text, "a repetition may be at most 1000, and not run backwards");
        }
        self.repeated(count.text, most.max(1))
    }

    fn repeated(&mut self, text: &str, times: u32) -> Result<()> {
        let inner = match self.last {
            Last::Nothing => return fault(text, "there is nothing before it to repeat"),
            Last::Repeated(_) => return fault(text, "a repetition cannot be repeated again"),
            Last::Atom(inner) => inner,
        };
        let total = inner.saturating_mul(times);
        if times > 1 && total > MOST {
            return fault(text, "repetitions inside each other multiply to more than 1000");
        }
        self.out.push_str(text);
        self.advance(text.len());
        if self.take("?") {
            self.out.push('?');
        }
        if let Some(open) = self.open.last_mut() {
            open.deepest = open.deepest.max(total);
        }
        self.last = Last::Repeated(total);
        Ok(())
    }
}

/// `{fewest}`, `{fewest,}` or `{fewest,most}`.
struct Count<'a> {
    text: &'a str,
    fewest: u32,
    most: Option<u32>,
}

impl<'a> Count<'a> {
    /// `None` where Go reads a plain brace: `{`, `{x}`, `{,2}`, `{01}`.
    fn read(text: &'a str) -> Option<Self> {
        let end = text.find('}')?;
        let (whole, body) = (text.get(..=end)?, text.get(1..end)?);
        let (fewest, most) = match body.split_once(',') {
            None => (body, Some(body)),
            Some((fewest, "")) => (fewest, None),
            Some((fewest, most)) => (fewest, Some(most)),
        };
        let most = match most {
            Some(most) => Some(decimal(most)?),
            None => None,
        };
        Some(Self { text: whole, fewest: decimal(fewest)?, most })
    }
}

/// Digits without a needless zero; too large a number is `u32::MAX`.
fn decimal(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = text.len() == 1 || !text.starts_with('0');
    (digits && plain).then(|| text.parse().unwrap_or(u32::MAX))
}
