//! What is observed: a few shapes of data, drawn from a generator with a fixed
//! seed.
//!
//! Heat: cold.

/// A shape of data.
#[derive(Clone, Copy, PartialEq)]
pub enum Data {
    Uniform,
    LogNormal,
    Bimodal,
    Constant,
    Negative,
    Mixed,
}

impl Data {
    pub const ALL: [Self; 6] = [
        Self::Uniform,
        Self::LogNormal,
        Self::Bimodal,
        Self::Constant,
        Self::Negative,
        Self::Mixed,
    ];

    /// What it is, for the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform, 0 to 1",
            Self::LogNormal => "log-normal, median 0.018, sigma 1.5",
            Self::Bimodal => "bimodal, 80 % near 0.011, the rest 2 to 3",
            Self::Constant => "constant, 0.1",
            Self::Negative => "negative, log-normal",
            Self::Mixed => "both signs, normal, sigma 1000, a tenth 0",
        }
    }

    /// So many values, the same each time.
    pub fn draw(self, count: usize) -> Vec<f64> {
        let mut dice = Dice(count as u64);
        (0..count).map(|_| self.one(&mut dice)).collect()
    }

    /// One value.
    pub fn one(self, dice: &mut Dice) -> f64 {
        match self {
            Self::Uniform => dice.unit(),
            Self::LogNormal => (dice.normal() * 1.5 - 4.0).exp(),
            Self::Bimodal if dice.unit() < 0.8 => 0.010 + dice.unit() * 0.002,
            Self::Bimodal => 2.0 + dice.unit(),
            Self::Constant => 0.1,
            Self::Negative => -dice.normal().exp(),
            Self::Mixed if dice.unit() < 0.1 => 0.0,
            Self::Mixed => dice.normal() * 1000.0,
        }
    }
}

/// `SplitMix64`: small, and good enough to draw from.
pub struct Dice(pub u64);

impl Dice {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Of mean 0 and deviation 1.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}
