//! The one shim for shared state: the standard library's types, or loom's when a
//! protocol is model-checked (`--cfg loom_model`). Code that takes part in a
//! concurrent protocol imports its atomics from here and nowhere else.
//!
//! Heat: hot.

#[cfg(not(loom_model))]
pub(crate) use std::sync::atomic;

#[cfg(loom_model)]
pub(crate) use loom::sync::atomic;
