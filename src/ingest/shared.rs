//! A route as a member of the table that all workers share, and what becomes of
//! those that leave it. Which leave, the engine says.
//!
//! Heat: warm (once per new spelling of a series).

use super::route::Route;
use crate::registry::Member;

/// Routes that the table holds no more, a million of them when as many series end
/// at once. Freeing them takes the allocator's lock a million times, and a worker
/// that makes new ones wants it too: so whoever has them frees a few at a time.
#[derive(Debug, Default)]
pub struct DeadRoutes(Vec<Route>);

impl DeadRoutes {
    pub(super) const fn new(routes: Vec<Route>) -> Self {
        Self(routes)
    }

    #[cfg(all(test, not(loom_model)))]
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Frees `most` of them at the most; false if there were none.
    pub fn free(&mut self, most: usize) -> bool {
        let some = !self.0.is_empty();
        self.0.truncate(self.0.len().saturating_sub(most));
        some
    }
}

impl Member for Route {
    fn hash(&self) -> u64 {
        self.hash()
    }

    fn key(&self) -> &[u8] {
        self.key()
    }
}
