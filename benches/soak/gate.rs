//! Stops all actors at once, so that what was sent can be compared with what
//! arrived, and lets them go on. An actor works on a thread of its own, at a
//! rate of its own.
//!
//! Heat: warm (once per step of an actor).

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::books::Books;
use crate::harness::pace::{Pace, Rate};

/// Nobody takes longer for one step.
const PATIENCE: Duration = Duration::from_mins(1);
/// Steps in a row after a delay.
const BURST: u64 = 32;

/// Who does something to the bridge, over and over.
pub trait Actor: Send + 'static {
    /// One thing, and what it has to lead to.
    fn step(&mut self, books: &mut Books);

    /// All are about to stop: ends what is under way.
    fn rest(&mut self, _: &mut Books) {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    Closed,
    Over,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    working: usize,
    books: Books,
}

pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

impl Gate {
    /// Closed at first.
    pub fn new() -> Arc<Self> {
        let state = State { phase: Phase::Closed, working: 0, books: Books::default() };
        Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The books of all. Whole only while the gate is closed.
    pub fn books<R>(&self, look: impl FnOnce(&mut Books) -> R) -> R {
        look(&mut self.state().books)
    }

    pub fn open(&self) {
        self.state().phase = Phase::Open;
        self.changed.notify_all();
    }

    /// Waits until all actors rest and have handed in their books.
    ///
    /// # Panics
    /// If one does not come.
    pub fn close(&self) {
        self.state().phase = Phase::Closed;
        let busy = |state: &mut State| state.working > 0;
        let waited = self.changed.wait_timeout_while(self.state(), PATIENCE, busy);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        assert_eq!(state.working, 0, "actors do not come to rest");
    }

    /// Lets the actors end.
    pub fn end(&self) {
        self.state().phase = Phase::Over;
        self.changed.notify_all();
    }

    /// Waits at the gate; false when it is over.
    fn enter(&self) -> bool {
        let closed = |state: &mut State| state.phase == Phase::Closed;
        let waited = self.changed.wait_while(self.state(), closed);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        let open = state.phase == Phase::Open;
        state.working += usize::from(open);
        open
    }

    fn leave(&self, books: &mut Books) {
        let mut state = self.state();
        state.books.absorb(books);
        state.working -= 1;
        self.changed.notify_all();
    }

    fn is_open(&self) -> bool {
        self.state().phase == Phase::Open
    }
}

/// Lets an actor work on a thread, so many steps a second.
pub fn employ(gate: &Arc<Gate>, rate: f64, mut actor: Box<dyn Actor>) -> JoinHandle<()> {
    let gate = Arc::clone(gate);
    thread::spawn(move || {
        let mut books = Books::default();
        while gate.enter() {
            // One that panics rests too; whoever joins its thread hears of it.
            let work = Working { gate: &gate, books: &mut books };
            let mut pace = Pace::new(Rate::Steady(rate), BURST);
            while gate.is_open() {
                for _ in 0..pace.burst() {
                    actor.step(work.books);
                }
            }
            actor.rest(work.books);
            drop(work);
        }
    })
}

/// An actor between entering and leaving.
struct Working<'a> {
    gate: &'a Gate,
    books: &'a mut Books,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.books.breaches.push("an actor panicked".to_owned());
        }
        self.gate.leave(self.books);
    }
}
