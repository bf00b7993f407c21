//! What another binary needs, as a multiple of what ours does.
//!
//! Heat: cold.

use crate::figure::{Figure, Unit};
use crate::phases::Phase;

/// A ratio for each figure that both have. The phase of CPU time has ratios of
/// its own, of turns that followed each other; first sights have none, since they
/// are what a name costs more than a known one, which elsewhere may be nothing. Nor
/// has what is 0 of either, as losses are.
pub fn ratios(figures: &[Figure], ours: &str, other: &str) -> Vec<Figure> {
    let of = |binary| figures.iter().filter(move |figure: &&Figure| figure.binary == binary);
    let pairs = of(other).filter_map(|their| {
        let mut same = of(ours).filter(|our| (our.phase, &our.what) == (their.phase, &their.what));
        Some((same.next()?, their))
    });
    let without = [Phase::Cpu, Phase::Miss].map(Phase::name);
    let told = pairs.filter(|(our, their)| {
        !without.contains(&our.phase) && our.value > 0.0 && their.value > 0.0
    });
    told.map(|(our, their)| {
        let ratio = their.value / our.value;
        let note = format!("{} / {}", our.unit.show(their.value), our.unit.show(our.value));
        Figure::new(their.what.clone(), other, ratio, Unit::Times).note(note)
    })
    .collect()
}
