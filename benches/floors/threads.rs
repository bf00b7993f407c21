//! Updates from one thread up to as many as there are cores: all on one series,
//! and each on its own. The time is that of one update of one thread, so with
//! nothing in the way it is the same for any number of them.
//!
//! Heat: cold.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use criterion::Criterion;
use statsd_bridge::registry::{Limits, Registry, Series};

use crate::cases::apply::{Kind, kinds};

pub fn apply(c: &mut Criterion) {
    let cores = thread::available_parallelism().unwrap().get();
    for kind in kinds() {
        for (whose, own) in [("one series", false), ("own series", true)] {
            for threads in 1..=cores {
                let plural = if threads == 1 { "" } else { "s" };
                let name = format!("apply/{}, {threads} thread{plural} on {whose}", kind.name);
                c.bench_function(&name, |b| {
                    let registry = Registry::new(Limits::default(), []);
                    let series = |at| kind.series(&registry, if own { at } else { 0 });
                    let series: Vec<_> = (0..threads).map(series).collect();
                    b.iter_custom(|updates| together(&kind, &series, updates));
                });
            }
        }
    }
}

/// The time until the last of the threads has done its updates.
fn together(kind: &Kind, series: &[Series], updates: u64) -> Duration {
    let start = Barrier::new(series.len() + 1);
    thread::scope(|scope| {
        for series in series {
            scope.spawn(|| {
                start.wait();
                for _ in 0..updates {
                    black_box(kind.record(series));
                }
            });
        }
        start.wait();
        let begin = Instant::now();
        // The scope's end waits for the threads.
        begin
    })
    .elapsed()
}
