//! Workers, a sweeper and scrapes at once.
//!
//! Heat: cold.

#![expect(clippy::float_cmp, reason = "exact values are meant")]
#![expect(clippy::cast_precision_loss, reason = "counts are small")]

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
        assert!(got.iter().all(|series| Arc::ptr_eq(series, &got[0])), "{round}");
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

/// Workers, a sweeper and scrapes, with a clock that runs: every update is in one
/// series, live or retired, and the counts agree with what is there at the end.
#[test]
fn nothing_is_lost_or_counted_twice_while_series_come_and_go() {
    const WORKERS: u32 = 3;
    const UPDATES: u32 = 20_000;
    let registry = registry();
    let (clock, done) = (AtomicU32::new(0), AtomicBool::new(false));
    let (applied, yes) = (AtomicU64::new(0), AtomicU64::new(0));
    let all_series = std::sync::Mutex::new(Vec::<Arc<Series>>::new());
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (registry, clock, applied, yes, all) =
                    (&registry, &clock, &applied, &yes, &all_series);
                scope.spawn(move || {
                    for at in 0..UPDATES {
                        let (name, tag) = (format!("m{}", at % 3), (at / 64 % 5).to_string());
                        loop {
                            let now = Tick(clock.load(Relaxed));
                            let series = registry
                                .series(&counter(&name), &labels(&[("x", &tag)]), now)
                                .unwrap();
                            all.lock().unwrap().push(Arc::clone(&series));
                            let recorded =
                                series.record(Update::Add(1.0), now, Ttl::from_seconds(1));
                            applied.fetch_add(1, Relaxed);
                            if recorded == Recorded::Yes {
                                yes.fetch_add(1, Relaxed);
                                break;
                            }
                        }
                        if (at + worker) % 16 == 0 {
                            thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        let (registry, clock, done) = (&registry, &clock, &done);
        scope.spawn(move || {
            while !done.load(Relaxed) {
                registry.sweep(Tick(clock.fetch_add(1, Relaxed)));
                thread::yield_now();
            }
        });
        scope.spawn(move || {
            while !done.load(Relaxed) {
                let texts = texts(registry);
                assert!(texts.is_sorted_by(|a, b| a < b), "{texts:?}");
            }
        });
        for worker in workers {
            worker.join().unwrap();
        }
        done.store(true, Relaxed);
    });
    let mut all = all_series.into_inner().unwrap();
    all.sort_by_key(Arc::as_ptr);
    all.dedup_by_key(|series| Arc::as_ptr(series));
    let sum: f64 = all.iter().map(|series| value(series)).sum();
    assert_eq!(sum, applied.load(Relaxed) as f64);
    assert_eq!(yes.load(Relaxed), u64::from(WORKERS * UPDATES));
    let there = all.iter().filter(|series| !series.is_retired()).count();
    assert_eq!(registry.series_count(), there);
    let end = Tick(clock.load(Relaxed) + 100);
    registry.sweep(end);
    assert_eq!(registry.series_count(), 0);
    assert_eq!(registry.metrics_by_type(), by_type(0, 0, 0, 0));
    assert_eq!(registry.snapshot().count(), 0);
    assert!(registry.series(&spec("m0", Shape::Gauge), &LabelSet::new(), end).is_ok());
}
