//! Workers, a sweeper and scrapes at once.
//!
//! Heat: cold.

#![expect(clippy::float_cmp, reason = "exact values are meant")]
#![expect(clippy::cast_precision_loss, reason = "counts are small")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::thread;

use super::*;

#[test]
fn workers_that_create_the_same_series_get_the_same() {
    for round in 0..50 {
        let registry = registry();
        let got = thread::scope(|scope| {
            let threads = [(); 4].map(|()| {
                let registry = &registry;
                scope.spawn(move || {
                    let series = registry.series(&counter("m"), &labels(&[("x", "1")]), Tick(0));
                    let series = series.unwrap();
                    series.record(Update::Add(1.0), Tick(0), TWO);
                    series
                })
            });
            threads.map(|thread| thread.join().unwrap())
        });
        assert!(got.iter().all(|series| series.is(&got[0])), "{round}");
        assert_eq!((registry.series_count(), value(&got[0])), (1, 4.0));
    }
}

#[test]
fn a_race_for_the_last_place_refuses_only_newcomers() {
    for _ in 0..50 {
        let registry = Registry::new(Limits { max_series: 1, max_series_per_family: 0 }, []);
        thread::scope(|scope| {
            for _ in 0..4 {
                let registry = &registry;
                scope.spawn(move || {
                    // All four want the same one, so none is over the budget.
                    registry.series(&counter("m"), &LabelSet::new(), Tick(0)).unwrap();
                });
            }
        });
        assert_eq!(registry.series_count(), 1);
    }
}

/// What workers, a sweeper and scrapes share in a run.
struct Run {
    registry: Registry,
    clock: AtomicU32,
    done: AtomicBool,
    /// Every series that a worker got, many times over.
    all: Mutex<Vec<Series>>,
    applied: AtomicU64,
    recorded: AtomicU64,
}

impl Run {
    fn now(&self) -> Tick {
        Tick(self.clock.load(Relaxed))
    }

    /// Adds 1 to one of a few series until it is recorded.
    fn update(&self, at: u32) {
        let (name, tag) = (format!("m{}", at % 3), (at / 64 % 5).to_string());
        loop {
            let now = self.now();
            let series = self.registry.series(&counter(&name), &labels(&[("x", &tag)]), now);
            let series = series.unwrap();
            self.all.lock().unwrap().push(series.clone());
            let recorded = series.record(Update::Add(1.0), now, Ttl::from_seconds(1));
            self.applied.fetch_add(1, Relaxed);
            if recorded == Recorded::Yes {
                self.recorded.fetch_add(1, Relaxed);
                return;
            }
        }
    }

    fn work(&self, worker: u32, updates: u32) {
        for at in 0..updates {
            self.update(at);
            if (at + worker).is_multiple_of(16) {
                thread::yield_now();
            }
        }
    }

    fn sweep_until_done(&self) {
        while !self.done.load(Relaxed) {
            self.registry.sweep(Tick(self.clock.fetch_add(1, Relaxed)));
            thread::yield_now();
        }
    }

    fn scrape_until_done(&self) {
        while !self.done.load(Relaxed) {
            let texts = texts(&self.registry);
            assert!(texts.is_sorted_by(|a, b| a < b), "{texts:?}");
        }
    }

    /// The series that workers got, each once.
    fn series(&self) -> Vec<Series> {
        let mut all = std::mem::take(&mut *self.all.lock().unwrap());
        all.sort_by_key(Series::address);
        all.dedup_by_key(|series| series.address());
        all
    }
}

/// With a clock that runs, every update is in one series, live or retired, and
/// the counts agree with what is there at the end.
#[test]
fn nothing_is_lost_or_counted_twice_while_series_come_and_go() {
    const WORKERS: u32 = 3;
    const UPDATES: u32 = 20_000;
    let run = Run {
        registry: registry(),
        clock: AtomicU32::new(0),
        done: AtomicBool::new(false),
        all: Mutex::default(),
        applied: AtomicU64::new(0),
        recorded: AtomicU64::new(0),
    };
    thread::scope(|scope| {
        let run = &run;
        let worker = |worker| scope.spawn(move || run.work(worker, UPDATES));
        let workers: Vec<_> = (0..WORKERS).map(worker).collect();
        scope.spawn(|| run.sweep_until_done());
        scope.spawn(|| run.scrape_until_done());
        let ended: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        // First, so that a worker that failed does not leave the others running.
        run.done.store(true, Relaxed);
        for end in ended {
            end.unwrap();
        }
    });
    let all = run.series();
    let sum: f64 = all.iter().map(value).sum();
    assert_eq!(sum, run.applied.load(Relaxed) as f64);
    assert_eq!(run.recorded.load(Relaxed), u64::from(WORKERS * UPDATES));
    let there = all.iter().filter(|series| !series.is_retired()).count();
    assert_eq!(run.registry.series_count(), there);
    let end = Tick(run.now().0 + 100);
    run.registry.sweep(end);
    assert_eq!((run.registry.series_count(), run.registry.places_taken()), (0, 0));
    assert_eq!(run.registry.metrics_by_type(), by_type(0, 0, 0, 0));
    assert_eq!(run.registry.snapshot().count(), 0);
    assert!(run.registry.series(&spec("m0", Shape::Gauge), &LabelSet::new(), end).is_ok());
}
