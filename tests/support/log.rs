//! The bridge's log, read back: logfmt or JSON.
//!
//! Heat: cold.

use std::collections::BTreeMap;

/// `what` and `address` of a line that says `listening`, in logfmt or JSON.
pub fn listening(line: &str) -> Option<(String, String)> {
    let fields = fields(line);
    let word = fields.get("msg").or_else(|| fields.get("message"))?;
    (word == "listening")
        .then(|| Some((fields.get("what")?.clone(), fields.get("address")?.clone())))?
}

/// The fields of a line of the log, in logfmt or JSON.
pub fn fields(line: &str) -> BTreeMap<String, String> {
    if line.starts_with('{') {
        let object: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(line).expect("a line of JSON");
        return object
            .into_iter()
            .map(|(key, value)| match value {
                serde_json::Value::String(text) => (key, text),
                other => (key, other.to_string()),
            })
            .collect();
    }
    let mut found = BTreeMap::new();
    let mut rest = line;
    while let Some((key, value)) = rest.split_once('=') {
        let key = key.trim_start().to_owned();
        let (value, tail) = if let Some(quoted) = value.strip_prefix('"') {
            let end = closing(quoted);
            // A quoted value is a string of JSON.
            let value = serde_json::from_str(&format!("\"{}\"", &quoted[..end]));
            (value.expect("a string of JSON"), quoted.get(end + 1..).unwrap_or(""))
        } else {
            let end = value.find(' ').unwrap_or(value.len());
            (value[..end].to_owned(), &value[end..])
        };
        found.insert(key, value);
        rest = tail;
    }
    found
}

/// Where the quoted text ends.
fn closing(quoted: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in quoted.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at,
            _ => {}
        }
    }
    quoted.len()
}
