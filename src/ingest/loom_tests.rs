//! Models of how a rule set is published: `RUSTFLAGS="--cfg loom_model" cargo test
//! --release --lib loom`. The value stands for a rule set and is the generation
//! that it should have, so that a pair of two publications would show.
//!
//! Heat: cold.

use std::sync::Arc;

use loom::sync::atomic::AtomicBool;
use loom::sync::atomic::Ordering::{Acquire, Release};
use loom::thread;

use super::published::Published;

/// What a worker does before each datagram (`Taker::take_rules`); true if it went
/// over to another value.
fn begin(published: &Published<u32>, held: &mut (Arc<u32>, u32)) -> bool {
    let newer = published.generation() != held.1;
    if newer {
        *held = published.current_and_generation();
    }
    newer
}

fn check(held: &(Arc<u32>, u32)) -> u32 {
    assert_eq!(*held.0, held.1, "rules of one publication, the generation of another");
    held.1
}

#[test]
fn loom_rules_and_generation_are_a_pair_and_never_fall() {
    loom::model(|| {
        let published = Arc::new(Published::new(Arc::new(0)));
        let publisher = {
            let published = Arc::clone(&published);
            thread::spawn(move || (1..=2).for_each(|next| published.replace(Arc::new(next))))
        };
        let mut held = published.current_and_generation();
        let mut last = check(&held);
        for _ in 0..2 {
            let went_over = begin(&published, &mut held);
            let now = check(&held);
            assert!(if went_over { now > last } else { now == last });
            last = now;
        }
        publisher.join().unwrap();
        begin(&published, &mut held);
        assert_eq!(check(&held), 2);
        assert!(!begin(&published, &mut held), "and then there is nothing to take");
    });
}

#[test]
fn loom_a_datagram_that_begins_after_a_reload_goes_by_the_new_rules() {
    loom::model(|| {
        let published = Arc::new(Published::new(Arc::new(0)));
        let reloaded = Arc::new(AtomicBool::new(false));
        let mut held = published.current_and_generation();
        let publisher = {
            let (published, reloaded) = (Arc::clone(&published), Arc::clone(&reloaded));
            thread::spawn(move || {
                published.replace(Arc::new(1));
                // The reload answers, and its client sends a datagram.
                reloaded.store(true, Release);
            })
        };
        let after = reloaded.load(Acquire);
        begin(&published, &mut held);
        assert!(check(&held) == 1 || !after, "the old rules after the reload was answered");
        publisher.join().unwrap();
    });
}

#[test]
fn loom_two_reloads_at_once_are_two_generations() {
    loom::model(|| {
        // Not told apart here by their value: either may be the last.
        let published = Arc::new(Published::new(Arc::new(0)));
        let other = {
            let published = Arc::clone(&published);
            thread::spawn(move || published.replace(Arc::new(7)))
        };
        published.replace(Arc::new(8));
        let mut held = published.current_and_generation();
        other.join().unwrap();
        begin(&published, &mut held);
        assert_eq!((held.1, &held.0), (2, &published.current()));
        assert!([7, 8].contains(&*held.0));
    });
}
