//! Lines whose series never expire and are known to the last digit: a counter, a
//! gauge that is moved, a summary and a histogram for each way that loses
//! nothing. Values are whole numbers, so sums are exact.
//!
//! Heat: warm.

use crate::books::{Books, COUNTERS, GAUGES, Key, OBSERVERS, good, key};

pub struct Gold {
    via: &'static str,
    number: u64,
    hits: Key,
    balance: Key,
    took: [Key; 2],
    size: [Key; 2],
    buckets: [(f64, Key); 4],
}

impl Gold {
    pub fn new(via: &'static str) -> Self {
        let series = |name: &str| key(format!("gold_{name}{{via=\"{via}\"}}"));
        let bucket = |le: &str| key(format!("gold_size_bucket{{via=\"{via}\",le=\"{le}\"}}"));
        Self {
            via,
            number: 0,
            hits: series("hits"),
            balance: series("balance"),
            took: [series("took_sum"), series("took_count")],
            size: [series("size_sum"), series("size_count")],
            buckets: [
                (1.0, bucket("1")),
                (10.0, bucket("10")),
                (100.0, bucket("100")),
                (f64::INFINITY, bucket("+Inf")),
            ],
        }
    }

    /// The next line, without its end.
    pub fn line(&mut self, books: &mut Books) -> String {
        self.number += 1;
        let (via, n) = (self.via, self.number);
        let value = n * 7 % 150;
        let amount = value as f64;
        match n % 4 {
            0 => {
                books.post(&good(COUNTERS));
                books.add(self.hits, 3.0);
                format!("gold.hits.{via}:3|c")
            }
            1 => {
                // Moved, not set: connections do not overtake each other's sums.
                let (sign, amount) = if n % 3 == 0 { ('-', -amount) } else { ('+', amount) };
                books.post(&good(GAUGES));
                books.add(self.balance, amount);
                format!("gold.balance.{via}:{sign}{value}|g")
            }
            2 => {
                books.post(&good(OBSERVERS));
                books.post(&[(self.took[0], amount), (self.took[1], 1.0)]);
                format!("gold.took.{via}:{value}|h")
            }
            _ => {
                books.post(&good(OBSERVERS));
                books.post(&[(self.size[0], amount), (self.size[1], 1.0)]);
                for (_, bucket) in self.buckets.iter().filter(|(most, _)| amount <= *most) {
                    books.add(bucket, 1.0);
                }
                format!("gold.size.{via}:{value}|h")
            }
        }
    }
}
