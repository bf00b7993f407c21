//! The one shim for shared state: the standard library's types, or loom's when a
//! protocol is model-checked (`--cfg loom_model`). Code that takes part in a
//! concurrent protocol imports its atomics, and the locks that are part of one, from
//! here and nowhere else.
//!
//! [`OnceBox`] is a pointer that is installed at most once, by compare-exchange:
//! who loses the race frees its own and takes the winner's. Nobody waits.
//!
//! [`zero!`] stores a zero among additions. Loom does not know that nothing comes
//! between what an addition reads and what it writes: it would put a store there. So
//! for loom it is an exchange.
//!
//! Heat: hot.

/// Makes an atomic integer 0, for whoever acquires that.
#[cfg(not(loom_model))]
macro_rules! zero {
    ($cell:expr) => {
        $cell.store(0, $crate::sync::atomic::Ordering::Release)
    };
}

#[cfg(loom_model)]
macro_rules! zero {
    ($cell:expr) => {
        drop($cell.swap(0, $crate::sync::atomic::Ordering::Release))
    };
}

pub(crate) use zero;

#[cfg(not(loom_model))]
pub(crate) use std::sync::atomic;

#[cfg(not(loom_model))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(not(loom_model))]
pub(crate) use once_cell::race::OnceBox;

#[cfg(loom_model)]
pub(crate) use loom::sync::atomic;

#[cfg(loom_model)]
pub(crate) use loom::sync::{Mutex, MutexGuard};

#[cfg(loom_model)]
pub(crate) use model::OnceBox;

#[cfg(loom_model)]
mod model {
    //! `OnceBox` as loom can see it. Loom switches threads only at operations
    //! of its own, so the exchange and the `set` behind it are one step.

    use std::sync::OnceLock;

    use super::atomic::AtomicBool;
    use super::atomic::Ordering::{AcqRel, Acquire};

    #[derive(Debug)]
    pub(crate) struct OnceBox<T> {
        installed: AtomicBool,
        value: OnceLock<Box<T>>,
    }

    impl<T> OnceBox<T> {
        pub(crate) fn new() -> Self {
            Self { installed: AtomicBool::new(false), value: OnceLock::new() }
        }

        pub(crate) fn get(&self) -> Option<&T> {
            if self.installed.load(Acquire) { self.value.get().map(|value| &**value) } else { None }
        }

        pub(crate) fn get_or_init(&self, make: impl FnOnce() -> Box<T>) -> &T {
            if let Some(value) = self.get() {
                return value;
            }
            let value = make();
            if self.installed.compare_exchange(false, true, AcqRel, Acquire).is_ok() {
                drop(self.value.set(value));
            }
            self.value.get().expect("installed in the same step")
        }
    }
}
