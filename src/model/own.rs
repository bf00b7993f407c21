//! The bridge's own metrics as plain data, between the room that counts them
//! and the room that writes them out.
//!
//! Heat: cold (made once per scrape).

/// A family of the bridge's own metrics: a counter or a gauge.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnFamily {
    /// The family's name.
    pub name: String,
    /// The help text.
    pub help: String,
    /// Whether it is a counter; a gauge otherwise.
    pub is_counter: bool,
    /// The series, each with its labels in the order of their names.
    pub series: Vec<OwnSeries>,
}

/// One series of the bridge's own.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnSeries {
    /// Label names and values.
    pub labels: Vec<(String, String)>,
    /// The value now.
    pub value: f64,
}
