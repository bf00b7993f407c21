//! Cache on = cache off: a worker that remembers routes and one that parses and
//! maps every line anew count and record the same, for any traffic, across rule
//! reloads, expiry, conflicts, and a second worker on the same engine.
//!
//! Heat: cold.

use std::sync::Arc;

use statsd_bridge::ingest::{Engine, Worker};
use statsd_bridge::model::Tick;
use statsd_bridge::registry::Limits;

use super::scene::{self, Scene};

/// What happens next.
#[derive(Clone, Debug)]
pub enum Step {
    /// A datagram arrives.
    Datagram(Vec<u8>),
    /// Several at once, so that lines are looked at together.
    Datagrams(Vec<Vec<u8>>),
    /// Time goes on by so many seconds, and the sweeper runs each second.
    Wait(u32),
    /// Other rules are in force.
    Reload(usize),
}

/// Steps with a zero byte between them, each told by its first byte: `w` and `r`
/// with a digit wait and reload, `b` is a batch of datagrams with a byte of 1
/// between them, anything else is a datagram.
pub fn assert_relation(input: &[u8]) {
    let steps: Vec<Step> = input.split(|byte| *byte == 0).take(64).map(step_of).collect();
    both_ways(&steps);
}

fn step_of(text: &[u8]) -> Step {
    match text {
        [b'w', digit] => Step::Wait(u32::from(digit % 4)),
        [b'r', digit] => Step::Reload(usize::from(*digit)),
        [b'b', datagrams @ ..] => {
            Step::Datagrams(datagrams.split(|byte| *byte == 1).map(<[u8]>::to_vec).collect())
        }
        datagram => Step::Datagram(datagram.to_vec()),
    }
}

/// One engine with two workers that take the datagrams in turns.
struct Bridge {
    scene: Scene,
    workers: [Worker; 2],
    turn: usize,
}

impl Bridge {
    fn new(worker: impl Fn(Arc<Engine>) -> Worker) -> Self {
        let limits = Limits { max_series: 9, ..Limits::default() };
        let scene = Scene::new(scene::rules(0), limits);
        let workers = [(); 2].map(|()| worker(Arc::clone(&scene.engine)));
        Self { scene, workers, turn: 0 }
    }

    fn datagrams<'d>(&mut self, datagrams: impl Iterator<Item = &'d [u8]>, now: Tick) {
        self.turn += 1;
        let worker = &mut self.workers[self.turn % 2];
        worker.ingest_datagrams(datagrams, now);
        worker.flush();
    }

    fn take(&mut self, step: &Step, now: Tick) {
        match step {
            Step::Datagram(datagram) => self.datagrams(std::iter::once(&**datagram), now),
            Step::Datagrams(datagrams) => self.datagrams(datagrams.iter().map(|d| &**d), now),
            Step::Wait(seconds) => {
                let engine = &self.scene.engine;
                (1..=*seconds).for_each(|second| drop(engine.sweep(Tick(now.0 + second))));
            }
            Step::Reload(rules) => self.scene.engine.replace_rules(scene::rules(*rules)),
        }
    }
}

/// Takes the steps with a cache and without, and holds both to the same.
pub fn both_ways(steps: &[Step]) {
    let mut with = Bridge::new(Worker::new);
    let mut without = Bridge::new(Worker::without_cache);
    let mut now = Tick(1);
    for step in steps {
        with.take(step, now);
        without.take(step, now);
        if let Step::Wait(seconds) = step {
            now.0 += seconds;
        }
        let scraped = [&with, &without].map(|bridge| bridge.scene.scrape(now));
        assert_eq!(scraped[0], scraped[1], "after {step:?}");
        let counted = [&with, &without].map(|bridge| bridge.scene.counted());
        assert_eq!(counted[0], counted[1], "after {step:?}");
    }
    assert_eq!(without.scene.engine.route_count(), 0);
}
