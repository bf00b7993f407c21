//! What a type code and sampling rates make of a value.
//!
//! Heat: hot (every sample).

use super::plain::PlainValue;
use crate::model::{MetricKind, Outcome, Update};

/// The types that the bridge knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeCode {
    /// `c`.
    Counter,
    /// `g`.
    Gauge,
    /// `ms`: milliseconds, exposed as seconds.
    Timer,
    /// `h` and `d`: histogram and distribution, taken as they are.
    Histogram,
}

impl TypeCode {
    /// The type that the text names; it must be written exactly so.
    pub(super) fn of(text: &str) -> Option<Self> {
        match text {
            "c" => Some(Self::Counter),
            "g" => Some(Self::Gauge),
            "ms" => Some(Self::Timer),
            "h" | "d" => Some(Self::Histogram),
            _ => None,
        }
    }

    /// What the rule set sees of it.
    pub(super) const fn kind(self) -> MetricKind {
        match self {
            Self::Counter => MetricKind::Counter,
            Self::Gauge => MetricKind::Gauge,
            Self::Timer | Self::Histogram => MetricKind::Observer,
        }
    }
}

/// What turns a value into an [`Update`]: the same for every line with the same
/// name and tail. Sixteen bytes, so that a route can carry it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe(Step);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    /// Divide by the rate, add.
    Add { rate: f64 },
    /// Set, or shift if the value has a sign.
    SetOrShift,
    /// Observe so many times, milliseconds as seconds.
    ObserveMillis { weight: u32 },
    /// Observe so many times.
    Observe { weight: u32 },
}

impl Recipe {
    /// What to do to the series for this value. A gauge is set, not moved, by an
    /// infinity with a sign: a move by it could only be undone by setting.
    #[must_use]
    #[inline]
    pub fn update(self, v: PlainValue) -> Update {
        match self.0 {
            Step::Add { rate } => Update::Add(v.value / rate),
            Step::SetOrShift if v.signed && v.value.is_finite() => Update::Shift(v.value),
            Step::SetOrShift => Update::Set(v.value),
            Step::ObserveMillis { weight } => Update::Observe { value: v.value / 1000.0, weight },
            Step::Observe { weight } => Update::Observe { value: v.value, weight },
        }
    }
}

/// The rates of a sample, taken from left to right.
///
/// A counter is divided by each in turn, which rounds otherwise than one division
/// by their product; an observation counts as often as the product says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rates {
    /// The rates before the last one, or 1. Sections are at most four.
    earlier: [f64; 3],
    /// The last rate that is not 1, or 1.
    last: f64,
    product: f64,
    /// More than one rate is not 1.
    several: bool,
}

/// What a tail makes of the value before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Brew {
    recipe: Recipe,
    /// What a counter is divided by first, if it has several rates.
    earlier: Option<[f64; 3]>,
    /// The weight was cut to [`Update::MAX_WEIGHT`].
    pub(super) capped: bool,
}

impl Rates {
    /// No rate.
    pub(super) const NONE: Self =
        Self { earlier: [1.0; 3], last: 1.0, product: 1.0, several: false };

    /// Takes the next rate; 0 stands for 1.
    #[expect(clippy::float_cmp, reason = "exactly 1 changes nothing; anything near it does")]
    pub(super) fn add(&mut self, rate: f64) {
        if rate == 0.0 || rate == 1.0 {
            return;
        }
        let [_, second, third] = self.earlier;
        self.several |= self.last != 1.0;
        *self = Self {
            earlier: [second, third, self.last],
            last: rate,
            product: self.product * rate,
            several: self.several,
        };
    }

    /// What a sample of this type becomes.
    ///
    /// # Errors
    ///
    /// [`Outcome::InvalidSampleFactor`] if the product of the rates is not in
    /// (0, 1]; a gauge does not look at it.
    pub(super) fn brew(self, code: TypeCode) -> Result<Brew, Outcome> {
        let is_share = self.product > 0.0 && self.product <= 1.0;
        if !is_share && code != TypeCode::Gauge {
            return Err(Outcome::InvalidSampleFactor);
        }
        let (weight, too_heavy) = weight_of(self.product);
        let step = match code {
            TypeCode::Counter => Step::Add { rate: self.last },
            TypeCode::Gauge => Step::SetOrShift,
            TypeCode::Timer => Step::ObserveMillis { weight },
            TypeCode::Histogram => Step::Observe { weight },
        };
        Ok(Brew {
            recipe: Recipe(step),
            earlier: (code == TypeCode::Counter && self.several).then_some(self.earlier),
            capped: too_heavy && code.kind() == MetricKind::Observer,
        })
    }
}

impl Brew {
    /// What the rule set sees of the sample.
    pub(super) const fn kind(&self) -> MetricKind {
        match self.recipe.0 {
            Step::Add { .. } => MetricKind::Counter,
            Step::SetOrShift => MetricKind::Gauge,
            Step::ObserveMillis { .. } | Step::Observe { .. } => MetricKind::Observer,
        }
    }

    /// The update for this value.
    pub(super) fn update(&self, v: PlainValue) -> Update {
        let rates = self.earlier.iter().flatten();
        let value = rates.fold(v.value, |value, rate| value / rate);
        self.recipe.update(PlainValue { value, signed: v.signed })
    }

    /// The recipe, if it is all there is to it.
    pub(super) fn recipe(&self) -> Option<Recipe> {
        self.earlier.is_none().then_some(self.recipe)
    }
}

/// How many observations a sample at this rate in (0, 1] stands for, and whether
/// there would be more.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 1 to MAX_WEIGHT; NaN only for a gauge, which has no weight"
)]
fn weight_of(rate: f64) -> (u32, bool) {
    let most = f64::from(Update::MAX_WEIGHT);
    let weight = (1.0 / rate).trunc();
    (weight.clamp(1.0, most) as u32, weight > most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brew(rates: &[f64], code: &str) -> Result<Brew, Outcome> {
        let mut all = Rates::NONE;
        for rate in rates {
            all.add(*rate);
        }
        all.brew(TypeCode::of(code).unwrap())
    }

    fn update(value: f64, rates: &[f64], code: &str) -> Update {
        brew(rates, code).unwrap().update(PlainValue { value, signed: false })
    }

    #[test]
    fn types_are_written_exactly_so() {
        for text in ["", "s", "C", "c ", " c", "G", "MS", "m", "msx", "kv", "q", "c\r"] {
            assert_eq!(TypeCode::of(text), None, "{text}");
        }
        let kinds = ["c", "g", "ms", "h", "d"].map(|code| TypeCode::of(code).unwrap().kind());
        let observer = MetricKind::Observer;
        let expected = [MetricKind::Counter, MetricKind::Gauge, observer, observer, observer];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn a_counter_is_divided_by_each_rate_in_turn() {
        assert_eq!(update(3.0, &[], "c"), Update::Add(3.0));
        assert_eq!(update(3.0, &[0.5], "c"), Update::Add(6.0));
        assert_eq!(update(2.0, &[0.0], "c"), Update::Add(2.0));
        assert_eq!(update(2.0, &[-0.0], "c"), Update::Add(2.0));
        assert_eq!(update(1.0, &[0.1, 0.7], "c"), Update::Add(1.0 / 0.1 / 0.7));
        assert_eq!(update(1.0, &[0.3, 1.0, 0.7, 0.9], "c"), Update::Add(1.0 / 0.3 / 0.7 / 0.9));
        let four = [0.3, 0.7, 0.9, 0.11];
        assert_eq!(update(1.0, &four, "c"), Update::Add(1.0 / 0.3 / 0.7 / 0.9 / 0.11));
        assert_eq!(update(8.0, &[2.0, 0.25], "c"), Update::Add(16.0));
        assert_eq!(update(-8.0, &[0.25], "c"), Update::Add(-32.0));
        assert_eq!(update(1e300, &[1e-10], "c"), Update::Add(f64::INFINITY));
    }

    #[test]
    fn an_observation_counts_as_often_as_the_quotient_says() {
        let weight = |rates: &[f64]| update(1.0, rates, "h").weight();
        let rates = [&[][..], &[0.1], &[0.3], &[0.25], &[0.5, 0.1], &[0.9], &[1.0], &[0.0]];
        assert_eq!(rates.map(weight), [1, 10, 3, 4, 20, 1, 1, 1]);
        assert_eq!(update(250.0, &[0.5], "ms"), Update::Observe { value: 0.25, weight: 2 });
        assert_eq!(update(250.0, &[0.5], "d"), Update::Observe { value: 250.0, weight: 2 });
    }

    #[test]
    fn a_weight_has_a_limit() {
        for (rate, weight, capped) in [
            (1e-6, 1_000_000, false),
            (9.99e-7, 1_000_000, true),
            (1e-7, 1_000_000, true),
            (f64::from_bits(1), 1_000_000, true),
            (1.01e-6, 990_099, false),
        ] {
            let brew = brew(&[rate], "ms").unwrap();
            let update = brew.update(PlainValue { value: 1.0, signed: false });
            assert_eq!((update.weight(), brew.capped), (weight, capped), "{rate}");
        }
    }

    #[test]
    fn a_product_outside_0_to_1_is_refused_but_for_gauges() {
        let bad: [&[f64]; 9] = [
            &[1.5],
            &[-0.5],
            &[f64::NAN],
            &[f64::INFINITY],
            &[f64::NEG_INFINITY],
            &[0.5, 4.0],
            &[1e-300, 1e-300],
            &[f64::INFINITY, 0.5],
            &[1.000_000_000_000_000_2],
        ];
        for rates in bad {
            for code in ["c", "ms", "h", "d"] {
                assert_eq!(brew(rates, code), Err(Outcome::InvalidSampleFactor));
            }
            assert_eq!(update(1.0, rates, "g"), Update::Set(1.0), "{rates:?}");
        }
        assert!(brew(&[-0.5, -0.5], "c").is_ok());
    }

    #[test]
    fn a_sign_makes_a_gauge_relative_unless_it_is_infinite() {
        let gauge = |value, signed| brew(&[], "g").unwrap().update(PlainValue { value, signed });
        assert_eq!(gauge(1.0, false), Update::Set(1.0));
        assert_eq!(gauge(1.0, true), Update::Shift(1.0));
        assert_eq!(gauge(-1.0, true), Update::Shift(-1.0));
        assert_eq!(gauge(f64::NEG_INFINITY, true), Update::Set(f64::NEG_INFINITY));
        assert_eq!(gauge(f64::INFINITY, false), Update::Set(f64::INFINITY));
    }

    #[test]
    fn a_recipe_is_small_and_there_unless_a_counter_has_several_rates() {
        assert_eq!(size_of::<Option<Recipe>>(), 16);
        assert!(brew(&[0.5, 1.0], "c").unwrap().recipe().is_some());
        assert!(brew(&[0.5, 0.5], "c").unwrap().recipe().is_none());
        assert!(brew(&[0.5, 0.5], "ms").unwrap().recipe().is_some());
        assert!(brew(&[0.5, 0.5], "g").unwrap().recipe().is_some());
    }
}
