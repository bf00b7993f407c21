//! What the benches that drive the real binary have in common: its process, the
//! traffic, scrapes, and what they were measured on. What is measured, and what
//! has to hold, is said elsewhere.
//!
//! Heat: cold.

#![allow(dead_code, reason = "each bench uses a part of it")]

pub mod body;
pub mod host;
pub mod interrupt;
pub mod pace;
pub mod ports;
pub mod process;
pub mod scrape;
pub mod socket_table;
pub mod traffic;
pub mod unit;
