//! One update of one series, from a single thread. `floors` has the same from
//! several threads at once.
//!
//! Heat: cold.

use std::hint::black_box;
use std::sync::Arc;

use statsd_bridge::model::{
    FamilySpec, HistogramOptions, LabelName, LabelSet, MetricName, Shape, Tick, Ttl, Update,
};
use statsd_bridge::registry::{Limits, Recorded, Registry, Series};

use super::{Case, THOUSAND};

/// What happens to a series of some kind.
#[derive(Clone)]
pub struct Kind {
    pub name: &'static str,
    shape: Shape,
    update: Update,
}

pub fn kinds() -> Vec<Kind> {
    let observe = Update::Observe { value: 0.0125, weight: 1 };
    let bounds = statsd_bridge::model::DEFAULT_BUCKETS;
    let classic = Shape::Histogram(Arc::new(HistogramOptions::new(&bounds, None).unwrap()));
    [
        ("counter", Shape::Counter, Update::Add(1.0)),
        ("counter, fractions", Shape::Counter, Update::Add(0.5)),
        ("gauge set", Shape::Gauge, Update::Set(1.5)),
        ("gauge moved", Shape::Gauge, Update::Shift(0.5)),
        ("summary", Shape::Summary(Arc::default()), observe),
        ("histogram, classic", classic, observe),
        ("histogram, native too", Shape::Histogram(Arc::default()), observe),
    ]
    .map(|(name, shape, update)| Kind { name, shape, update })
    .into()
}

impl Kind {
    /// A series of this kind, told from others by `number`; a summary is busy.
    pub fn series(&self, registry: &Registry, number: usize) -> Series {
        let name = MetricName::escaped(self.name).unwrap();
        let spec = FamilySpec { name, help: "Help.".into(), shape: self.shape.clone() };
        let label = LabelName::escaped("number").unwrap();
        let labels: LabelSet = [(label, number.to_string())].into_iter().collect();
        let series = registry.series(&spec, &labels, Tick(0)).unwrap();
        for _ in 0..16 {
            assert_eq!(self.record(&series), Recorded::Yes);
        }
        series
    }

    pub fn record(&self, series: &Series) -> Recorded {
        series.record(black_box(self.update), Tick(0), Ttl::FOREVER)
    }
}

pub fn cases() -> Vec<Case> {
    kinds().into_iter().map(case).collect()
}

fn case(kind: Kind) -> Case {
    Case::new(format!("apply/{}", kind.name), THOUSAND, move || {
        let kind = kind.clone();
        let series = kind.series(&Registry::new(Limits::default(), []), 0);
        move || {
            for _ in 0..THOUSAND {
                black_box(kind.record(&series));
            }
        }
    })
}
