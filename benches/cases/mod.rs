//! What is measured: a case for each way that a sample or a scrape takes over a
//! floor. `floors` times them, `instructions` counts what they execute; so a
//! case measures nothing itself and knows no harness.
//!
//! Heat: cold (what it calls is not).

#![allow(
    dead_code,
    unreachable_pub,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "two benches use a part of this each, and fail by panicking"
)]

pub mod apply;
mod encode;
mod first_sight;
mod ingest;
mod parse;
mod route;
mod scene;

/// Something to do again and again.
pub trait Round {
    /// Puts everything in place for the next round; not measured.
    fn reset(&mut self) {}

    /// Does the operations of one round.
    fn run(&mut self);
}

/// Operations of most rounds, so that a figure of a round is easily read as one
/// of a single operation.
const THOUSAND: usize = 1000;

impl<F: FnMut()> Round for F {
    fn run(&mut self) {
        self();
    }
}

/// A named thing to measure.
pub struct Case {
    /// `floor/what`.
    pub name: String,
    /// How many operations a round does; figures are for one of them.
    pub operations: u64,
    prepare: Box<dyn Fn() -> Box<dyn Round>>,
}

impl Case {
    fn new<R: Round + 'static>(
        name: impl Into<String>,
        operations: usize,
        prepare: impl Fn() -> R + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            operations: u64::try_from(operations).unwrap(),
            prepare: Box::new(move || Box::new(prepare())),
        }
    }

    /// Everything that the rounds need, and one round done, so that tables have
    /// grown and caches are filled.
    pub fn prepare(&self) -> Box<dyn Round> {
        let mut round = (self.prepare)();
        round.reset();
        round.run();
        round.reset();
        round
    }
}

/// The floors, and what makes their cases.
type Floor = (&'static str, fn() -> Vec<Case>);
const FLOORS: [Floor; 6] = [
    ("parse", parse::cases),
    ("route", route::cases),
    ("first sight", first_sight::cases),
    ("apply", apply::cases),
    ("ingest", ingest::cases),
    ("encode", encode::cases),
];

/// All cases, floor by floor.
pub fn all() -> Vec<Case> {
    FLOORS.iter().flat_map(|(_, cases)| cases()).collect()
}

/// The case of this name. Those of other floors are not even made.
pub fn named(name: &str) -> Case {
    let floors = FLOORS.iter().filter(|(floor, _)| name.starts_with(floor));
    let found = floors.flat_map(|(_, cases)| cases()).find(|case| case.name == name);
    found.unwrap_or_else(|| panic!("there is no case {name}"))
}
