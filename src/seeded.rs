//! How every table is hashed whose keys come from whoever sends datagrams.
//!
//! The hash is foldhash's, seeded twice with what the system says is random: once
//! for the process and once for each table (routes are hashed alike in the tables
//! of all workers and in the one that they share). By itself foldhash seeds from the
//! clock and from addresses, of which a sender may know or guess some. Who does
//! not know the seeds finds no keys that collide other than by chance; who did
//! know them could compute as many as he likes, a test here does. foldhash is no
//! cryptographic hash: the seeds could be worked out from hashes that are seen. None
//! is: no hash is ever shown, and scrapes are in the order of texts, not of tables.
//! What is left is to time one's own lines very exactly.
//!
//! A table of few keys that only rules fill may be hashed as it likes.
//!
//! Heat: warm (a table is seeded once; to hash is foldhash's, once a line).

use std::hash::BuildHasher;
use std::sync::LazyLock;

use foldhash::SharedSeed;
use foldhash::quality::{FoldHasher, SeedableRandomState};

/// A hash with seeds of its own; a clone has the same.
#[derive(Clone, Debug)]
pub(crate) struct Seeded(SeedableRandomState);

impl Default for Seeded {
    fn default() -> Self {
        static PROCESS: LazyLock<SharedSeed> = LazyLock::new(|| SharedSeed::from_u64(random()));
        Self(SeedableRandomState::with_seed(random(), &PROCESS))
    }
}

impl BuildHasher for Seeded {
    type Hasher = FoldHasher<'static>;

    #[inline]
    fn build_hasher(&self) -> Self::Hasher {
        self.0.build_hasher()
    }
}

/// The standard library's hash of nothing, whose keys the system has given.
fn random() -> u64 {
    std::hash::RandomState::new().hash_one(())
}

/// Keys that collide, all bits of their hashes, for whoever knows the seeds.
#[cfg(test)]
#[cfg(not(loom_model))]
pub(crate) mod known {
    use super::{SeedableRandomState, Seeded, SharedSeed};

    /// A hash with seeds that anyone can know, and names of 16 letters and digits
    /// that collide under it.
    pub(crate) fn colliding(count: u32) -> (Seeded, Vec<String>) {
        let seeds = (0_u64..).map(|seed| (seed, absorbing(seed)));
        let mut seeds = seeds.filter(|(_, word)| word.iter().all(u8::is_ascii_alphanumeric));
        let (seed, word) = seeds.next().unwrap();
        let word = String::from_utf8(word.to_vec()).unwrap();
        let names = (0..count).map(|number| format!("{word}{number:08}")).collect();
        (Seeded(SeedableRandomState::with_seed(seed, SharedSeed::global_fixed())), names)
    }

    /// The first eight of sixteen bytes that make the first factor 0, and so the
    /// product, whatever the others are. The constants are foldhash's.
    fn absorbing(seed: u64) -> [u8; 8] {
        let product = u128::from(seed) * 0x4528_21e6_38d0_1377;
        let bytes = product.to_le_bytes();
        let (low, high) = bytes.split_at(8);
        let word = |half: &[u8]| u64::from_le_bytes(half.try_into().unwrap());
        let table = word(low) ^ word(high) ^ 0x082e_fa98_ec4e_6c89;
        table.rotate_right(16).to_ne_bytes()
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    #[test]
    fn who_knows_the_seeds_can_make_names_collide_and_nobody_else_can() {
        let (known, names) = known::colliding(1000);
        let different = |seeded: &Seeded| {
            let mut hashes: Vec<_> = names.iter().map(|name| seeded.hash_one(name)).collect();
            hashes.sort_unstable();
            hashes.dedup();
            hashes.len()
        };
        assert_eq!(different(&known), 1);
        assert_eq!(different(&Seeded::default()), names.len());
    }

    #[test]
    fn every_table_has_seeds_of_its_own() {
        let tables = [(); 8].map(|()| Seeded::default());
        let mut hashes = tables.map(|table| table.hash_one("a"));
        hashes.sort_unstable();
        assert!(hashes.is_sorted_by(|a, b| a < b), "{hashes:?}");
    }

    /// The most keys that one of `BUCKETS` gets, by those bits of the hash that
    /// tables use: the lowest, and the highest.
    fn fullest(keys: impl Iterator<Item = Vec<u8>>) -> usize {
        const BUCKETS: usize = 4096;
        let seeded = Seeded::default();
        let mut filled = vec![[0; 2]; BUCKETS];
        for key in keys {
            let hash = seeded.hash_one(key);
            for (which, bits) in [hash, hash >> 52].into_iter().enumerate() {
                filled[usize::try_from(bits).unwrap() % BUCKETS][which] += 1;
            }
        }
        filled.into_iter().flatten().max().unwrap()
    }

    type Pattern = (&'static str, fn(u32) -> Vec<u8>);

    /// Four keys a bucket on average: chance gives the fullest of them some 16,
    /// and more than 30 once in a million million times.
    #[test]
    fn keys_that_are_much_alike_spread_evenly() {
        const KEYS: u32 = 16_384;
        let patterns: [Pattern; 7] = [
            ("numbers", |at| at.to_string().into_bytes()),
            ("numbers of one length", |at| format!("name.{at:020}").into_bytes()),
            ("numbers before a long tail", |at| format!("{at:08}{}", "x".repeat(300)).into_bytes()),
            ("numbers behind a long name", |at| format!("{}{at:08}", "x".repeat(300)).into_bytes()),
            ("lengths", |at| vec![b'a'; at as usize]),
            ("one byte that differs", |at| {
                let mut key = vec![b'a'; 2048];
                key[at as usize % 2048] = b'b' + u8::try_from(at / 2048).unwrap();
                key
            }),
            ("blocks in another order", |at| {
                let blocks = (0..14).map(|bit| {
                    if (at >> bit) & 1 == 1 { "0123456789abcdef" } else { "fedcba9876543210" }
                });
                blocks.collect::<String>().into_bytes()
            }),
        ];
        for (what, key) in patterns {
            let most = fullest((0..KEYS).map(key));
            assert!(most <= 30, "{what}: {most} keys in one bucket");
        }
    }
}
