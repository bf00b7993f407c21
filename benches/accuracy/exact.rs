//! The exact quantiles: every value kept and sorted, nearest rank.
//!
//! Heat: cold.

/// Sorted values.
pub struct Exact(Vec<f64>);

/// How far a quantile is off.
#[derive(Clone, Copy, Default)]
pub struct Error {
    /// As a share of the exact value.
    pub value: f64,
    /// As a share of all ranks: from the rank that was asked for to the nearest
    /// one between whose neighbours the value falls.
    pub rank: f64,
}

impl Error {
    pub fn worse(self, other: Self) -> Self {
        Self { value: self.value.max(other.value), rank: self.rank.max(other.rank) }
    }
}

impl Exact {
    pub fn new(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    pub fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// The nearest rank, from 0: of the smallest value that at least this share of
    /// the values do not exceed. As floats, 0.07 of 100 is a little more than 7.
    fn rank(&self, quantile: f64) -> usize {
        let count = self.0.len() as f64;
        (quantile * count - count * 1e-12).ceil().max(1.0) as usize - 1
    }

    /// The value at the nearest rank.
    pub fn at(&self, quantile: f64) -> f64 {
        self.0[self.rank(quantile)]
    }

    /// How many ranks lie between `rank` and the nearest that `got` has, or would
    /// have with its neighbours.
    fn ranks_off(&self, rank: usize, got: f64) -> usize {
        let below = self.0.partition_point(|value| *value < got);
        let up_to = self.0.partition_point(|value| *value <= got);
        let (first, last) =
            if below == up_to { (below.saturating_sub(1), below) } else { (below, up_to - 1) };
        first.saturating_sub(rank).max(rank.saturating_sub(last))
    }

    /// How far `got` is off.
    pub fn error(&self, quantile: f64, got: f64) -> Error {
        if self.0.is_empty() {
            let value = if got.is_nan() { 0.0 } else { f64::INFINITY };
            return Error { value, rank: 0.0 };
        }
        let (exact, rank) = (self.at(quantile), self.rank(quantile));
        let off = (got - exact).abs();
        let value = if off == 0.0 { 0.0 } else { off / exact.abs() };
        // Not a number compares to nothing: it is as wrong as can be.
        let value = if got.is_nan() { f64::INFINITY } else { value };
        Error { value, rank: self.ranks_off(rank, got) as f64 / self.0.len() as f64 }
    }
}
