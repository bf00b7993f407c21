//! What a mapping file's `defaults` say, checked, and the values that a rule reads
//! as they do.
//!
//! Heat: cold.

use std::time::Duration;

use serde_yaml::Spanned;

use super::context::{Context, Result};
use super::diagnosis::Place;
use super::observer::ObserverDefaults;
use super::rule::FamilyOptions;
use super::scalar::Scalar;
use super::written::Defaults;
use crate::model::{DEFAULT_HELP, Ttl};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MatchType {
    Glob,
    Regex,
}

/// The defaults, checked.
pub(super) struct RuleDefaults {
    pub(super) match_type: MatchType,
    pub(super) observer: ObserverDefaults,
    pub(super) family: FamilyOptions,
}

impl RuleDefaults {
    pub(super) fn compile(context: &mut Context<'_>, written: &Defaults) -> Result<Self> {
        let observer = ObserverDefaults::compile(context, written)?;
        let match_type = written.match_type.as_ref();
        let match_type = context.word_or_first("match_type", match_type, &MATCH_TYPES)?;
        let match_type = match_type.unwrap_or(MatchType::Glob);
        let ttl = ttl(context, written.ttl.as_ref())?.unwrap_or(Ttl::FOREVER);
        let family = FamilyOptions { help: DEFAULT_HELP.into(), observer: observer.shape(), ttl };
        Ok(Self { match_type, observer, family })
    }
}

pub(super) const MATCH_TYPES: [(&str, MatchType); 2] =
    [("glob", MatchType::Glob), ("regex", MatchType::Regex)];

/// A `ttl`. `None` if it is left out: a rule then takes that of the defaults,
/// which it does not with a zero.
pub(super) fn ttl(
    context: &mut Context<'_>,
    written: Option<&Spanned<Scalar>>,
) -> Result<Option<Ttl>> {
    let Some(value) = written else { return Ok(None) };
    let nanoseconds = context.nanoseconds("ttl", value)?;
    if let Ok(nanoseconds) = u64::try_from(nanoseconds) {
        return Ok(Some(Ttl::from_duration(Duration::from_nanos(nanoseconds))));
    }
    // The incumbent drops such a series at its next sweep, within a second.
    context.warn(
        Place::of(value),
        "a negative ttl is taken as one second: series vanish almost at once; write 0s for never.",
    );
    Ok(Some(Ttl::from_seconds(1)))
}
