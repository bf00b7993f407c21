//! A mapping file as it is written: the shape of the YAML and nothing more.
//! What the values mean, and whether they fit together, is for `compile`.
//!
//! A key that is left out, or null, is `None`. An unknown or repeated key is an
//! error of the reader.
//!
//! Heat: cold.

use serde::Deserialize;
use serde_yaml::Spanned;

use super::scalar::{Pairs, Scalar, Text, present};

/// A value and where it stands; `None` if it is left out.
pub(super) type Given<T> = Option<Spanned<T>>;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingFile {
    pub(super) defaults: Option<Defaults>,
    pub(super) mappings: Option<Vec<Spanned<WrittenRule>>>,
}

/// What holds for every rule that does not say otherwise.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Defaults {
    pub(super) observer_type: Given<Text>,
    pub(super) match_type: Given<Text>,
    pub(super) glob_disable_ordering: Given<Scalar>,
    pub(super) ttl: Given<Scalar>,
    pub(super) summary_options: Given<WrittenSummary>,
    pub(super) histogram_options: Given<WrittenHistogram>,
    /// Ours: which tag styles are read for names that begin with the key.
    pub(super) tag_styles: Option<Pairs<Vec<Spanned<Text>>>>,
}

/// One rule.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRule {
    #[serde(default, rename = "match", deserialize_with = "present")]
    pub(super) pattern: Given<Text>,
    #[serde(default, deserialize_with = "present")]
    pub(super) name: Given<Text>,
    #[serde(default, deserialize_with = "present")]
    pub(super) help: Given<Text>,
    pub(super) labels: Option<Pairs<Spanned<Text>>>,
    pub(super) honor_labels: Given<Scalar>,
    pub(super) observer_type: Given<Text>,
    pub(super) match_type: Given<Text>,
    pub(super) match_metric_type: Given<Text>,
    pub(super) action: Given<Text>,
    pub(super) ttl: Given<Scalar>,
    pub(super) summary_options: Given<WrittenSummary>,
    pub(super) histogram_options: Given<WrittenHistogram>,
    pub(super) scale: Given<Scalar>,
    /// Ours: `absolute` or `relative`.
    pub(super) gauge: Given<Text>,
}

/// How observations become quantiles.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenSummary {
    pub(super) quantiles: Option<Vec<WrittenQuantile>>,
    pub(super) max_age: Given<Scalar>,
    pub(super) age_buckets: Given<Scalar>,
    pub(super) buf_cap: Given<Scalar>,
}

/// One quantile.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenQuantile {
    pub(super) quantile: Given<Scalar>,
    /// Must be a number, and has no effect.
    pub(super) error: Given<Scalar>,
}

/// How observations become buckets.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenHistogram {
    pub(super) buckets: Option<Vec<Spanned<Scalar>>>,
    pub(super) native_histogram_bucket_factor: Given<Scalar>,
    pub(super) native_histogram_max_buckets: Given<Scalar>,
}
