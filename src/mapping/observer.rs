//! What observers become: summaries or histograms, and with which options. A
//! rule's options are laid over those of the defaults, field by field.
//!
//! Whatever a summary or histogram could not work with is refused here.
//!
//! Heat: cold.

use std::sync::Arc;
use std::time::Duration;

use serde_yaml::Spanned;

use super::context::{Context, Result};
use super::diagnosis::Place;
use super::scalar::Scalar;
use super::written::{Defaults, WrittenHistogram, WrittenQuantile, WrittenRule, WrittenSummary};
use crate::model::{
    DEFAULT_BUCKETS, DEFAULT_QUANTILES, HistogramOptions, NativeOptions, Quantile, Shape,
    SummaryOptions,
};

/// The most observations that `buf_cap` may name. The option has no effect here,
/// but nobody means more, and the incumbent would reserve them for each series.
const MAX_BUF_CAP: u32 = 1_000_000;

/// The most quantiles or buckets of a series. Each of them costs memory in every
/// series and a line in every scrape; an observation looks at all native ones.
const MOST: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ObserverType {
    Summary,
    Histogram,
}

const OBSERVER_TYPES: [(&str, ObserverType); 2] =
    [("summary", ObserverType::Summary), ("histogram", ObserverType::Histogram)];

#[derive(Clone, Debug)]
struct SummaryFields {
    quantiles: Vec<Quantile>,
    max_age: Duration,
    age_buckets: u16,
}

#[derive(Clone, Debug)]
struct HistogramFields {
    buckets: Vec<f64>,
    /// 1 or less: no native histogram.
    factor: f64,
    max_buckets: u32,
}

/// What the defaults say about observers.
#[derive(Debug)]
pub(super) struct ObserverDefaults {
    explicit: Option<ObserverType>,
    summary: SummaryFields,
    histogram: HistogramFields,
    summary_shape: Shape,
    histogram_shape: Shape,
}

impl ObserverDefaults {
    pub(super) fn compile(context: &mut Context<'_>, written: &Defaults) -> Result<Self> {
        let explicit = context.word_or_first(
            "observer_type",
            written.observer_type.as_ref(),
            &OBSERVER_TYPES,
        )?;
        let mut summary = SummaryFields {
            quantiles: DEFAULT_QUANTILES.into_iter().filter_map(Quantile::new).collect(),
            max_age: Duration::from_mins(10),
            age_buckets: 5,
        };
        let native = NativeOptions::default();
        let mut histogram = HistogramFields {
            buckets: DEFAULT_BUCKETS.into(),
            factor: native.bucket_factor,
            max_buckets: native.max_buckets,
        };
        if let Some(options) = &written.summary_options {
            summary.overlay(context, &options.value)?;
        }
        if let Some(options) = &written.histogram_options {
            histogram.overlay(context, &options.value)?;
        }
        let (summary_shape, histogram_shape) = (summary.shape(), histogram.shape());
        Ok(Self { explicit, summary, histogram, summary_shape, histogram_shape })
    }

    /// What observers without a rule become.
    pub(super) fn shape(&self) -> Shape {
        self.shape_of(self.explicit)
    }

    fn shape_of(&self, observer: Option<ObserverType>) -> Shape {
        match observer {
            Some(ObserverType::Histogram) => self.histogram_shape.clone(),
            Some(ObserverType::Summary) | None => self.summary_shape.clone(),
        }
    }

    /// What the observers of a rule become.
    pub(super) fn shape_for(&self, context: &mut Context<'_>, rule: &WrittenRule) -> Result<Shape> {
        let own = rule.observer_type.as_ref();
        let observer = context.word_or_first("observer_type", own, &OBSERVER_TYPES)?;
        let observer = observer.or(self.explicit);
        let mut shape = self.shape_of(observer);
        if let Some(options) = &rule.summary_options {
            if observer == Some(ObserverType::Histogram) {
                return Err(mismatch(context, Place::of(options), "histogram", "summary_options"));
            }
            let mut fields = self.summary.clone();
            fields.overlay(context, &options.value)?;
            shape = fields.shape();
        }
        if let Some(options) = &rule.histogram_options {
            if observer == Some(ObserverType::Summary) {
                return Err(mismatch(context, Place::of(options), "summary", "histogram_options"));
            }
            let mut fields = self.histogram.clone();
            fields.overlay(context, &options.value)?;
            if fields.factor <= 0.0 {
                // In a rule it is the same as leaving it out, as with the incumbent.
                fields.factor = self.histogram.factor;
            }
            if observer.is_some() {
                shape = fields.shape();
            } else {
                context.warn(Place::of(options), WITHOUT_EFFECT);
            }
        }
        Ok(shape)
    }
}

const WITHOUT_EFFECT: &str = "histogram_options have no effect without \"observer_type: histogram\" in the rule or in the \
     defaults; observers become a summary.";

fn mismatch(
    context: &Context<'_>,
    place: Place,
    observer: &str,
    options: &str,
) -> super::ConfigError {
    context.error(
        place,
        "these options belong to the other observer_type",
        format!("{options} with \"observer_type: {observer}\""),
        format!("{observer}_options, or the other observer_type"),
    )
}

impl SummaryFields {
    fn shape(&self) -> Shape {
        let options = SummaryOptions::new(&self.quantiles, self.max_age, self.age_buckets);
        Shape::Summary(Arc::new(options))
    }

    fn overlay(&mut self, context: &mut Context<'_>, written: &WrittenSummary) -> Result<()> {
        if let Some(quantiles) = &written.quantiles
            && !quantiles.is_empty()
        {
            let place = |it: &WrittenQuantile| it.quantile.as_ref().map(Place::of);
            let surplus = quantiles.get(MOST).map(|it| place(it).unwrap_or_default());
            no_surplus(context, "quantiles", surplus, quantiles.len())?;
            let read = |quantile| read_quantile(context, quantile);
            self.quantiles = quantiles.iter().map(read).collect::<Result<_>>()?;
        }
        if let Some(max_age) = &written.max_age {
            let nanoseconds = context.nanoseconds("max_age", max_age)?;
            let positive = u64::try_from(nanoseconds).ok().filter(|age| *age > 0);
            self.max_age = Duration::from_nanos(positive.ok_or_else(|| {
                let found = format!("{nanoseconds} nanoseconds");
                context.error(Place::of(max_age), "max_age is not positive", found, "such as 10m")
            })?);
        }
        if let Some(buckets) = &written.age_buckets {
            let most = SummaryOptions::MAX_AGE_BUCKETS;
            let count = context.count("age_buckets", buckets)?;
            let fitting = u16::try_from(count).ok().filter(|it| (1..=most).contains(it));
            self.age_buckets = fitting.ok_or_else(|| {
                let found = count.to_string();
                let expected = format!("a number from 1 to {most}");
                context.error(Place::of(buckets), "age_buckets cannot be so many", found, expected)
            })?;
        }
        let Some(cap) = &written.buf_cap else { return Ok(()) };
        let count = context.count("buf_cap", cap)?;
        if count <= MAX_BUF_CAP {
            return Ok(());
        }
        let expected = format!("at most {MAX_BUF_CAP}");
        Err(context.error(Place::of(cap), "buf_cap is absurdly large", count.to_string(), expected))
    }
}

fn read_quantile(context: &Context<'_>, written: &WrittenQuantile) -> Result<Quantile> {
    if let Some(error) = &written.error {
        context.number("error", error)?;
    }
    // Left out, it is 0, as with the incumbent.
    let (value, place) = match &written.quantile {
        Some(value) => (context.number("quantile", value)?, Place::of(value)),
        None => (0.0, Place::default()),
    };
    Quantile::new(value).ok_or_else(|| {
        context.error(place, "this is no quantile", value.to_string(), "a number from 0 to 1")
    })
}

impl HistogramFields {
    fn shape(&self) -> Shape {
        let native = (self.factor > 1.0)
            .then_some(NativeOptions { bucket_factor: self.factor, max_buckets: self.max_buckets });
        // `overlay` has checked the buckets.
        let options = HistogramOptions::new(&self.buckets, native).unwrap_or_default();
        Shape::Histogram(Arc::new(options))
    }

    fn overlay(&mut self, context: &mut Context<'_>, written: &WrittenHistogram) -> Result<()> {
        if let Some(buckets) = &written.buckets
            && !buckets.is_empty()
        {
            self.buckets = read_buckets(context, buckets)?;
        }
        if let Some(factor) = &written.native_histogram_bucket_factor {
            let value = context.number("native_histogram_bucket_factor", factor)?;
            if !value.is_finite() {
                return Err(context.error(
                    Place::of(factor),
                    "native_histogram_bucket_factor is not finite",
                    value.to_string(),
                    "a number such as 1.1, or 1 to switch native histograms off",
                ));
            }
            self.factor = value;
        }
        if let Some(most) = &written.native_histogram_max_buckets {
            // Zero is the same as leaving it out, as with the incumbent.
            let count = context.count("native_histogram_max_buckets", most)?;
            let surplus = (count as usize > MOST).then(|| Place::of(most));
            no_surplus(context, "native buckets", surplus, count as usize)?;
            self.max_buckets = if count == 0 { self.max_buckets } else { count };
        }
        Ok(())
    }
}

/// Refuses what goes beyond [`MOST`], if there is such a place.
fn no_surplus(
    context: &Context<'_>,
    what: &str,
    surplus: Option<Place>,
    count: usize,
) -> Result<()> {
    let Some(place) = surplus else { return Ok(()) };
    let problem = format!("there are too many {what}: each costs memory in every series");
    Err(context.error(place, problem, count.to_string(), format!("{MOST} at most")))
}

/// Buckets must grow and be finite; `.inf` may end them, as it does anyway.
fn read_buckets(context: &Context<'_>, written: &[Spanned<Scalar>]) -> Result<Vec<f64>> {
    no_surplus(context, "buckets", written.get(MOST).map(Place::of), written.len())?;
    let mut buckets = Vec::with_capacity(written.len());
    for (at, bucket) in written.iter().enumerate() {
        let value = context.number("a bucket", bucket)?;
        let below = buckets.last().copied();
        let last = at + 1 == written.len();
        let fits = value.is_finite() || (last && value == f64::INFINITY);
        if !fits || below.is_some_and(|below| value <= below) {
            let expected = match below {
                None => "a finite number".to_owned(),
                Some(below) => format!("a finite number above {below}"),
            };
            let problem = "the buckets of a histogram must be finite and increase";
            let found = value.to_string();
            return Err(context.error(Place::of(bucket), problem, found, expected));
        }
        buckets.push(value);
    }
    Ok(buckets)
}
