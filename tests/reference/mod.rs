//! A slow and obvious parser, written from the rules and not from the parser in
//! `src/protocol`, and the relation that holds the two together. It allocates
//! whenever that is simpler, and shares no code with what it judges.
//!
//! The rules in short: `NAME:REST`; tags in NAME; REST is values that share a
//! tail, or one sample with `#` tags, or samples with `:` between them; a sample
//! is `VALUE|TYPE[|section…]`. The first check that fails decides.
//!
//! Heat: cold.

mod relation;

use std::collections::BTreeMap;

use statsd_bridge::model::{Dialect, MetricKind, Notes, Outcome, TagStyles, Update};

pub(crate) use relation::assert_relation;

/// What the rules make of a line.
#[derive(Debug)]
pub(crate) struct RefLine {
    pub(crate) tag_errors: u32,
    pub(crate) body: Result<Vec<RefAttempt>, Outcome>,
}

/// What the rules make of one sample of it.
#[derive(Debug)]
pub(crate) struct RefAttempt {
    pub(crate) notes: Notes,
    pub(crate) result: Result<RefSample, Outcome>,
}

/// A good sample.
#[derive(Debug)]
pub(crate) struct RefSample {
    pub(crate) name: String,
    pub(crate) kind: MetricKind,
    pub(crate) update: Update,
    pub(crate) labels: BTreeMap<String, String>,
    /// One division does not do: the counter has several rates other than 1.
    pub(crate) several_rates: bool,
}

type Labels = BTreeMap<String, String>;

/// Reads one line.
pub(crate) fn read(line: &[u8], dialect: &Dialect) -> RefLine {
    let mut tag_errors = 0;
    let body = read_body(line, dialect, &mut tag_errors);
    RefLine { tag_errors, body }
}

fn read_body(
    line: &[u8],
    dialect: &Dialect,
    tag_errors: &mut u32,
) -> Result<Vec<RefAttempt>, Outcome> {
    if line.is_empty() {
        return Err(Outcome::EmptyLine);
    }
    let line = String::from_utf8(line.to_vec()).map_err(|_| Outcome::MalformedLine)?;
    let (name, rest) = line.split_once(':').ok_or(Outcome::MalformedLine)?;
    if name.is_empty() {
        return Err(Outcome::MalformedLine);
    }
    let styles = dialect.styles_for(name.as_bytes());
    let mut labels = Labels::new();
    let name = read_name(name, styles, &mut labels, tag_errors);
    if name.is_empty() {
        return Err(Outcome::MalformedLine);
    }
    if rest.contains("|#") && !labels.is_empty() {
        return Err(Outcome::MixedTaggingStyles);
    }
    let samples = samples_of(rest)?;
    Ok(samples.iter().map(|sample| read_sample(sample, &name, &labels, styles)).collect())
}

/// The name without its tags.
fn read_name(name: &str, styles: TagStyles, labels: &mut Labels, tag_errors: &mut u32) -> String {
    if styles.signalfx && (name.contains('[') || name.contains(']')) {
        return match (name.find('['), name.find(']')) {
            (Some(open), Some(close)) if open < close => {
                let (head, bracket) = name.split_at(open);
                let (tags, tail) = bracket.split_at(close - open);
                read_tags(strip_once(tags, '['), '=', labels, tag_errors);
                head.to_owned() + strip_once(tail, ']')
            }
            _ => {
                *tag_errors += 1;
                name.to_owned()
            }
        };
    }
    for (at, mark) in name.char_indices() {
        if (mark == '#' && styles.librato) || (mark == ',' && styles.influxdb) {
            let (name, tags) = name.split_at(at);
            read_tags(strip_once(tags, mark), '=', labels, tag_errors);
            return name.to_owned();
        }
    }
    name.to_owned()
}

fn strip_once(text: &str, mark: char) -> &str {
    text.strip_prefix(mark).unwrap_or(text)
}

fn read_tags(list: &str, separator: char, labels: &mut Labels, tag_errors: &mut u32) {
    let mut tags: Vec<&str> = list.split(',').collect();
    // An empty list, and the one comma that may trail.
    if tags.last() == Some(&"") {
        tags.pop();
    }
    for tag in tags {
        // In sections, where the separator is `:`, a `#` before a key is dropped.
        let tag = if separator == ':' { strip_once(tag, '#') } else { tag };
        match tag.split_once(separator) {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => {
                let label = escaped(key);
                if label.starts_with("__") {
                    *tag_errors += 1;
                } else {
                    labels.insert(label, value.to_owned());
                }
            }
            _ => *tag_errors += 1,
        }
    }
}

fn escaped(key: &str) -> String {
    let mut label = String::new();
    let mut last = None;
    for char in key.chars() {
        if char.is_ascii_alphanumeric() {
            if label.is_empty() && char.is_ascii_digit() {
                label.push('_');
            }
            label.push(char);
        } else if char != '-' || last != Some('-') {
            label.push('_');
        }
        last = Some(char);
    }
    label
}

/// The samples of REST, each with its own tail.
fn samples_of(rest: &str) -> Result<Vec<String>, Outcome> {
    let (values, tail) = rest.split_once('|').ok_or(Outcome::NotEnoughParts)?;
    if values.contains(':') {
        let code = tail.split('|').next();
        if !matches!(code, Some("ms" | "h" | "d")) {
            return Err(Outcome::InvalidExtendedAggregate);
        }
        return Ok(values.split(':').map(|value| format!("{value}|{tail}")).collect());
    }
    if rest.contains("|#") {
        return Ok(vec![rest.to_owned()]);
    }
    Ok(split_samples(rest))
}

/// Splits at `:`, but for the sections that hold one.
fn split_samples(rest: &str) -> Vec<String> {
    let mut samples = vec![];
    let mut parts = vec![String::new()];
    let mut inside_section = false;
    for char in rest.chars() {
        let place = parts.len();
        let part = parts.last_mut().map_or("", |part| part.as_str());
        if char == '|' {
            inside_section = false;
            parts.push(String::new());
            continue;
        }
        if char == ':' && place >= 3 && matches!(part, "c" | "e" | "card") {
            inside_section = true;
        }
        if char == ':' && !inside_section {
            samples.push(parts.join("|"));
            parts = vec![String::new()];
        } else if let Some(part) = parts.last_mut() {
            part.push(char);
        }
    }
    samples.push(parts.join("|"));
    samples
}

fn read_sample(text: &str, name: &str, name_labels: &Labels, styles: TagStyles) -> RefAttempt {
    let mut notes = Notes::default();
    let result = read_parts(text, name, name_labels, styles, &mut notes);
    RefAttempt { notes, result }
}

fn read_parts(
    text: &str,
    name: &str,
    name_labels: &Labels,
    styles: TagStyles,
    notes: &mut Notes,
) -> Result<RefSample, Outcome> {
    let parts: Vec<&str> = text.split('|').collect();
    let [value, code, sections @ ..] = parts.as_slice() else {
        return Err(Outcome::MalformedComponent);
    };
    if parts.len() > 6 {
        return Err(Outcome::MalformedComponent);
    }
    let signed = value.starts_with('+') || value.starts_with('-');
    let value = number(value).ok_or(Outcome::MalformedValue)?;
    if !value.is_finite() && ["c", "ms", "h", "d"].contains(code) {
        return Err(Outcome::MalformedValue);
    }
    if sections.contains(&"") {
        return Err(Outcome::MalformedComponent);
    }
    let mut labels = name_labels.clone();
    let mut rates = vec![];
    for section in sections {
        read_section(section, styles, &mut labels, &mut rates, notes)?;
    }
    notes.tagged = !labels.is_empty();
    let (kind, update) = update_of(code, value, signed, &rates, notes)?;
    rates.retain(|rate| (*rate - 1.0).abs() > 0.0);
    let several_rates = kind == MetricKind::Counter && rates.len() > 1;
    Ok(RefSample { name: name.to_owned(), kind, update, labels, several_rates })
}

fn read_section(
    section: &str,
    styles: TagStyles,
    labels: &mut Labels,
    rates: &mut Vec<f64>,
    notes: &mut Notes,
) -> Result<(), Outcome> {
    if let Some(rate) = section.strip_prefix('@') {
        match number(rate) {
            None => notes.bad_rates += 1,
            Some(0.0) => rates.push(1.0),
            Some(rate) => rates.push(rate),
        }
    } else if let Some(list) = section.strip_prefix('#') {
        if styles.dogstatsd {
            read_tags(list, ':', labels, &mut notes.tag_errors);
        }
    } else if section.starts_with("card:") || section.starts_with("e:") {
    } else if section.starts_with('c') {
        match section.strip_prefix("c:") {
            None | Some("") => return Err(Outcome::MalformedContainerId),
            Some(id) => drop(labels.insert("container_id".to_owned(), id.to_owned())),
        }
    } else if !section.starts_with('T') {
        return Err(Outcome::InvalidSampleFactor);
    }
    Ok(())
}

fn update_of(
    code: &str,
    value: f64,
    signed: bool,
    rates: &[f64],
    notes: &mut Notes,
) -> Result<(MetricKind, Update), Outcome> {
    if !["c", "g", "ms", "h", "d"].contains(&code) {
        return Err(Outcome::IllegalEvent);
    }
    if code == "g" {
        let shifts = signed && value.is_finite();
        let update = if shifts { Update::Shift(value) } else { Update::Set(value) };
        return Ok((MetricKind::Gauge, update));
    }
    let mut product = 1.0;
    let mut divided = value;
    for rate in rates {
        product *= rate;
        divided /= rate;
    }
    if !(product > 0.0 && product <= 1.0) {
        return Err(Outcome::InvalidSampleFactor);
    }
    if code == "c" {
        return Ok((MetricKind::Counter, Update::Add(divided)));
    }
    let times = 1.0 / product;
    notes.weight_capped = times >= 1_000_001.0;
    // The largest whole number that is not above the quotient.
    let weight = if notes.weight_capped { 1_000_000 } else { whole_part(times) };
    let value = if code == "ms" { value / 1000.0 } else { value };
    Ok((MetricKind::Observer, Update::Observe { value, weight }))
}

/// By halving: the integer n in 1..=1,000,000 with n <= x < n + 1.
fn whole_part(x: f64) -> u32 {
    let (mut low, mut high) = (1, 1_000_001);
    while high - low > 1 {
        let middle = u32::midpoint(low, high);
        if f64::from(middle) <= x { low = middle } else { high = middle }
    }
    low
}

/// Reads a value or a rate.
pub(crate) fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" if text.starts_with('-') => return Some(f64::NEG_INFINITY),
        "inf" | "infinity" => return Some(f64::INFINITY),
        "nan" if unsigned.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let good_mantissa = digits(whole) && digits(fraction) && whole.len() + fraction.len() > 0;
    let good_exponent = exponent.is_none_or(|exponent| {
        let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !power.is_empty() && digits(power)
    });
    if !good_mantissa || !good_exponent {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}
