//! Chance that can be thrown again: the same seed gives the same lines and files.
//!
//! Heat: cold.

/// Names the seed.
const SEED: &str = "STATSD_BRIDGE_COMPARE_SEED";
/// Names how many rounds are played.
const ROUNDS: &str = "STATSD_BRIDGE_COMPARE_ROUNDS";

/// A generator of numbers, as Steele, Lea and Flood published it (`SplitMix64`).
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    /// Of a round: every round can be played alone.
    pub fn new(seed: u64, round: u64) -> Self {
        // Mixed first, or one round would throw what another one throws later.
        Self(Self(seed ^ Self(round).next()).next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// True in this many of a hundred throws.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of a list.
    pub fn pick<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.below(list.len())]
    }

    /// One of a list of words.
    pub fn word(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len())]
    }

    /// One of a list of texts.
    pub fn text(&mut self, list: &[&str]) -> String {
        (*self.pick(list)).to_owned()
    }
}

/// The seed: given, or of the clock; printed in any case.
pub fn seed() -> u64 {
    let given = std::env::var(SEED).ok().map(|text| text.parse().expect("a number"));
    let clock = || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        u64::from(now.subsec_nanos()) ^ now.as_secs()
    };
    let seed = given.unwrap_or_else(clock);
    eprintln!("{SEED}={seed}");
    seed
}

/// How many rounds are played, where nobody says otherwise `default`.
pub fn rounds(default: u64) -> u64 {
    std::env::var(ROUNDS).ok().map_or(default, |text| text.parse().expect("a number"))
}
