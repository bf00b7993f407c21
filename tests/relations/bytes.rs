//! Choices out of bytes: what a fuzzer mutates, read as decisions of a generator.
//! When the bytes are over, every choice is the first.
//!
//! Heat: cold.

/// What is left of the input.
pub struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    /// All of it.
    pub const fn new(input: &'a [u8]) -> Self {
        Self(input)
    }

    /// Whether there is nothing left to decide by.
    pub const fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or_default()
    }

    /// A number below `most`, which is at most 256.
    pub fn below(&mut self, most: usize) -> usize {
        usize::from(self.byte()) % most
    }

    /// One of these.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// So many bytes, as far as there are any.
    pub fn take(&mut self, length: usize) -> &'a [u8] {
        self.0.split_off(..length.min(self.0.len())).unwrap_or_default()
    }

    /// A text of fewer than `most` bytes, or a few more where they were no UTF-8.
    pub fn text(&mut self, most: usize) -> String {
        let length = self.below(most);
        String::from_utf8_lossy(self.take(length)).into_owned()
    }

    /// Eight bytes, a short integer or one of the numbers that are special.
    pub fn float(&mut self) -> f64 {
        const SPECIAL: [f64; 8] =
            [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 1e-310, 0.1];
        match self.below(4) {
            0 => f64::from(self.byte()),
            1 => self.pick(&SPECIAL),
            2 => f64::from(self.byte().cast_signed()) * f64::from(self.byte()).exp2(),
            _ => f64::from_bits(self.long()),
        }
    }

    /// Eight bytes as a number.
    pub fn long(&mut self) -> u64 {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(self.take(8)).for_each(|(to, from)| *to = *from);
        u64::from_le_bytes(bytes)
    }
}
