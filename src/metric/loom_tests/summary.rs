//! Models of the protocols of summaries: raw slots, the ring, its chunks, and how an
//! epoch follows another.
//!
//! Heat: cold.

use std::sync::Arc;
use std::time::Duration;

use loom::thread::{self, JoinHandle};

use super::super::{Scratch, Summary};
use super::bounded;
use crate::model::{Quantile, SummaryOptions, Tick};

fn summary(windows: u16) -> Arc<Summary> {
    let options = SummaryOptions::new(&[], Duration::from_secs(windows.into()), windows);
    Arc::new(Summary::new(Arc::new(options)))
}

/// Raw slots.
const RAW: u64 = super::super::summary::RAW_SLOTS as u64;

/// Two threads that observe a value so many times each.
fn observing(summary: &Arc<Summary>, each: [(f64, u32); 2], now: u32) -> [JoinHandle<()>; 2] {
    each.map(|(value, weight)| {
        let summary = Arc::clone(summary);
        thread::spawn(move || summary.observe(value, weight, Tick(now)).unwrap())
    })
}

fn joined(writers: [JoinHandle<()>; 2]) {
    for writer in writers {
        writer.join().unwrap();
    }
}

/// The values that a scrape sees at the quantiles that tell two apart.
fn seen(summary: &Summary, now: u32) -> (u64, f64, f64) {
    let mut scratch = Scratch::default();
    let distribution = summary.distribution(Tick(now), &mut scratch);
    let [low, high] = [0.0, 1.0].map(|q| distribution.quantile(Quantile::new(q).unwrap()));
    (distribution.len(), low, high)
}

#[test]
fn loom_raw_slots_are_claimed_by_one_and_published_whole() {
    loom::model(|| {
        let summary = summary(2);
        let writers = observing(&summary, [(1.0, 1), (3.0, 3)], 5);
        let (count, low, high) = seen(&summary, 5);
        match count {
            0 => assert!(low.is_nan()),
            1 => assert_eq!((low, high), (1.0, 1.0)),
            3 => assert_eq!((low, high), (3.0, 3.0)),
            4 => assert_eq!((low, high), (1.0, 3.0)),
            torn => panic!("{torn} observations"),
        }
        joined(writers);
        assert_eq!(seen(&summary, 5), (4, 1.0, 3.0));
    });
}

#[test]
fn loom_a_reader_never_sees_half_of_a_raw_slot_that_is_used_again() {
    loom::model(|| {
        let summary = summary(2);
        summary.observe(1.0, 1, Tick(0)).unwrap();
        let writer = {
            let summary = Arc::clone(&summary);
            thread::spawn(move || summary.observe(3.0, 3, Tick(2)).unwrap())
        };
        // This reader's tick is behind the writer's: for it the old value is live.
        let seen_now = seen(&summary, 1);
        assert!([(1, 1.0, 1.0), (3, 3.0, 3.0)].contains(&seen_now) || seen_now.0 == 0);
        writer.join().unwrap();
        assert_eq!(seen(&summary, 2), (3, 3.0, 3.0));
    });
}

/// Marks: what this thread has observed it sees, though another one may be the first
/// in the slot, or in the cell, and about to mark it.
fn an_observation_is_seen(before: Option<(f64, u32)>) {
    bounded(3, move || {
        let summary = busy(1, 0);
        let mut least = RAW + 2;
        if let Some((value, weight)) = before {
            summary.observe(value, weight, Tick(0)).unwrap();
            least += u64::from(weight);
        }
        let other = {
            let summary = Arc::clone(&summary);
            thread::spawn(move || summary.observe(1.0, 1, Tick(0)).unwrap())
        };
        summary.observe(1.0, 2, Tick(0)).unwrap();
        let count = seen(&summary, 0).0;
        assert!([least, least + 1].contains(&count), "{count}");
        other.join().unwrap();
        assert_eq!(seen(&summary, 0).0, least + 1);
    });
}

/// A writer of an old epoch that sleeps while its chunk is cleared: what the new
/// epoch counts is seen all the same.
fn a_sleeper_hides_nothing(before: u32) {
    bounded(3, move || {
        let summary = busy(1, 0);
        // The slot is open; the cell has been counted in, or has not.
        summary.observe(1.0, 5, Tick(0)).unwrap();
        if before > 0 {
            summary.observe(1.5, before, Tick(0)).unwrap();
        }
        let sleeper = {
            let summary = Arc::clone(&summary);
            thread::spawn(move || summary.observe(1.5, 1, Tick(0)).unwrap())
        };
        summary.observe(1.5, 20, Tick(1)).unwrap();
        sleeper.join().unwrap();
        let count = seen(&summary, 1).0;
        assert!([20, 21].contains(&count), "{count}");
    });
}

#[test]
fn loom_who_marks_and_sleeps_hides_nothing_of_the_next_epoch() {
    a_sleeper_hides_nothing(0);
}

#[test]
fn loom_who_looks_and_sleeps_hides_nothing_of_the_next_epoch() {
    a_sleeper_hides_nothing(7);
}

#[test]
fn loom_an_observation_is_seen_whoever_marks_its_slot() {
    an_observation_is_seen(None);
}

#[test]
fn loom_an_observation_is_seen_whoever_marks_its_cell() {
    // Another cell of the octave, so that its slot is open.
    an_observation_is_seen(Some((1.5, 4)));
}

/// Raw slots that are full in the window of `now`: what follows goes to the ring.
fn busy(windows: u16, now: u32) -> Arc<Summary> {
    let summary = summary(windows);
    for _ in 0..RAW {
        summary.observe(1.0, 1, Tick(now)).unwrap();
    }
    summary
}

#[test]
fn loom_a_slot_that_two_claim_adds_up() {
    bounded(3, || {
        let summary = busy(1, 0);
        let writers = observing(&summary, [(1.0, 1), (1.0, 2)], 0);
        joined(writers);
        assert_eq!(seen(&summary, 0).0, RAW + 3);
    });
}

#[test]
fn loom_a_reader_never_mixes_two_epochs_of_a_slot() {
    bounded(3, || {
        let summary = busy(1, 0);
        // Two cells of one octave.
        summary.observe(1.0, 5, Tick(0)).unwrap();
        summary.observe(1.5, 20, Tick(0)).unwrap();
        let writers = observing(&summary, [(1.5, 1), (1.5, 2)], 1);
        // For this reader epoch 0 is live still, and epoch 1 is from the future.
        let (count, ..) = seen(&summary, 0);
        let of_the_ring = count - RAW;
        // All of the old epoch or nothing, and with it any of the new ones that
        // another slot counts.
        assert!([0, 1, 2, 3, 25, 26, 27].contains(&of_the_ring), "{of_the_ring}");
        joined(writers);
        assert_eq!(seen(&summary, 1).0, 3);
    });
}

/// The count and the sum are never behind what the quantiles are made of.
#[test]
fn loom_summary_totals_are_ahead_of_its_distribution() {
    bounded(3, || {
        let summary = summary(2);
        let writers = observing(&summary, [(1.0, 1), (3.0, 3)], 5);
        let (seen, ..) = seen(&summary, 5);
        let (count, sum) = summary.totals();
        assert!(seen <= count, "{seen} of {count}");
        // One observation of 1, and three of 3 in one step.
        let least = [(0, 0.0), (1, 1.0), (3, 9.0), (4, 10.0)].iter().find(|(n, _)| *n == count);
        assert!(sum >= least.expect("a weight is counted in one step").1, "{count} {sum}");
        joined(writers);
        assert_eq!(summary.totals(), (4, 10.0));
    });
}

/// Promotion: the raw slots have one place left, so of two writers one may be the
/// first to go to the ring, and to need a segment of it, a slot and a chunk.
#[test]
fn loom_summary_promotion_loses_nothing_and_counts_nothing_twice() {
    bounded(3, || {
        let summary = summary(1);
        for _ in 1..RAW {
            summary.observe(1.0, 1, Tick(0)).unwrap();
        }
        let before = RAW - 1;
        let writers = observing(&summary, [(1.0, 10), (1.5, 20)], 0);
        let (during, ..) = seen(&summary, 0);
        assert!([0, 10, 20, 30].contains(&(during - before)), "{during}");
        joined(writers);
        assert_eq!(seen(&summary, 0).0, before + 30);
    });
}

/// The ring's second window is one more than stand in the summary: two writers race
/// for the table of those, and a reader reads it.
#[test]
fn loom_summary_windows_beyond_the_usual_are_installed_once() {
    bounded(3, || {
        let summary = busy(2, 1);
        let writers = observing(&summary, [(1.0, 10), (1.5, 20)], 1);
        let (during, ..) = seen(&summary, 1);
        assert!([0, 10, 20, 30].contains(&(during - RAW)), "{during}");
        joined(writers);
        assert_eq!(seen(&summary, 1).0, RAW + 30);
    });
}

/// Two installers race for the chunk of one octave, and a reader reads what they
/// install.
#[test]
fn loom_summary_chunk_is_installed_once_while_a_reader_reads() {
    bounded(3, || {
        let summary = busy(1, 0);
        let writers = observing(&summary, [(1.0, 10), (1.5, 20)], 0);
        let (during, low, high) = seen(&summary, 0);
        assert!([0, 10, 20, 30].contains(&(during - RAW)), "{during}");
        // The two cells of the octave report 1.25 and 1.75; a value that nobody
        // observed would be of no cell.
        assert!(low == 1.0 && [1.0, 1.25, 1.75].contains(&high), "{low} {high}");
        joined(writers);
        assert_eq!(seen(&summary, 0).0, RAW + 30);
    });
}

/// Rotation: the slot of an old epoch is used again by two writers for two cells
/// of the new one. Who zeroes the chunk zeroes nothing of the new epoch.
#[test]
fn loom_summary_rotation_keeps_all_of_the_new_epoch() {
    bounded(3, || {
        let summary = busy(1, 0);
        summary.observe(1.0, 5, Tick(0)).unwrap();
        summary.observe(1.5, 7, Tick(0)).unwrap();
        let writers = observing(&summary, [(1.0, 10), (1.5, 20)], 1);
        joined(writers);
        let (count, low, high) = seen(&summary, 1);
        assert_eq!(count, 30, "nothing of epoch 0 is left, and all of epoch 1 is there");
        assert!(low <= 1.25 && high >= 1.5, "{low} {high}");
    });
}
