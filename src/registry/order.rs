//! Keeping series sorted by their text: newcomers are sorted and merged into the
//! old order, since sorting a million costs 0.3 s and merging a few nothing.
//!
//! Heat: cold (once per family and scrape, and only if series came or went).

use std::sync::Arc;

use smallvec::SmallVec;

use super::Series;

/// The old order without those that retired (if `some_left`), with the newcomers
/// in their places.
pub(super) fn merged(
    old: Arc<Vec<Series>>,
    mut newcomers: SmallVec<[Series; 1]>,
    some_left: bool,
) -> Vec<Series> {
    // A scrape on its way may hold the old order; else it is taken apart.
    let mut old = Arc::unwrap_or_clone(old);
    if some_left {
        old.retain(|series| !series.is_retired());
        newcomers.retain(|series| !series.is_retired());
    }
    if newcomers.is_empty() {
        old.shrink_to_fit();
        return old;
    }
    newcomers.sort_unstable_by(|a, b| a.text().cmp(b.text()));
    let mut all = Vec::with_capacity(old.len() + newcomers.len());
    let mut old = old.into_iter();
    for newcomer in newcomers {
        let before = before(old.as_slice(), newcomer.text());
        all.extend(old.by_ref().take(before));
        all.push(newcomer);
    }
    all.extend(old);
    all
}

/// How many of the sorted series stand before `text`, found in steps that double
/// and then halve: the cost follows the distance, not the length.
fn before(sorted: &[Series], text: &[u8]) -> usize {
    let is_before = |series: &Series| series.text() < text;
    let mut reach = 1;
    while sorted.get(reach - 1).is_some_and(is_before) {
        reach *= 2;
    }
    // All up to half of the reach are before; the one at its end is not, or is
    // not there.
    let known = reach / 2;
    let unknown = sorted.get(known..sorted.len().min(reach)).unwrap_or_default();
    known + unknown.partition_point(is_before)
}
