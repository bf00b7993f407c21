//! One value that a publisher exchanges while many read it: the rule set.
//!
//! The protocol. The value and its generation are a pair:
//! * A publisher takes the lock, puts the value in place, and raises the
//!   generation (Release) before it lets go.
//! * A reader holds a pair. It loads the generation (Acquire) at each place where
//!   it may go over to a newer value; while that is the one it holds it takes no
//!   lock. Else it takes the lock and reads value and generation under it.
//!
//! So a pair never mixes two publications, generations that a reader holds never
//! fall, and whoever begins after [`Published::replace`] has returned to someone
//! it heard of that from goes by the new value.
//!
//! A model in `loom_tests.rs` runs it through every order of its steps.
//!
//! Heat: warm (hot only in [`Published::generation`]).

use std::sync::{Arc, PoisonError};

use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::{Acquire, Release};
use crate::sync::{Mutex, MutexGuard};

/// A value, and how often it was exchanged.
#[derive(Debug)]
pub(super) struct Published<T> {
    current: Mutex<Arc<T>>,
    generation: AtomicU32,
}

impl<T> Published<T> {
    /// The first value; its generation is 0.
    pub(super) fn new(value: Arc<T>) -> Self {
        Self { current: Mutex::new(value), generation: AtomicU32::new(0) }
    }

    /// Exchanges the value.
    pub(super) fn replace(&self, value: Arc<T>) {
        let mut current = self.lock();
        *current = value;
        // Inside the lock, so that the two are read as a pair.
        self.generation.fetch_add(1, Release);
    }

    /// Which value is in force.
    pub(super) fn generation(&self) -> u32 {
        self.generation.load(Acquire)
    }

    /// The value in force.
    pub(super) fn current(&self) -> Arc<T> {
        Arc::clone(&self.lock())
    }

    /// The value in force and its generation.
    pub(super) fn current_and_generation(&self) -> (Arc<T>, u32) {
        let current = self.lock();
        (Arc::clone(&current), self.generation())
    }

    fn lock(&self) -> MutexGuard<'_, Arc<T>> {
        // It guards two plain stores: a panic cannot leave them halfway.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
