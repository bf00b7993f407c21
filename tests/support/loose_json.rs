//! JSON as the recorder wrote it: with `NaN`, `Infinity` and `-Infinity`, and
//! with every digit of its numbers. (`serde_json` reads some numbers with an
//! error in the last bit, unless a feature is on that the project has no other
//! use for; so numbers are taken as text, and Rust's own parser reads them.)
//!
//! Heat: cold.

use serde_json::Value;

/// Reads JSON; its numbers become strings, which [`number`] reads.
pub fn parse(text: &str) -> Value {
    serde_json::from_str(&quoted(text)).expect("the file is JSON")
}

/// A number, exactly.
pub fn number(value: &Value) -> f64 {
    value.as_str().expect("a number").parse().expect("a number")
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '"' => string_length(rest),
            'N' | 'I' | '-' | '0'..='9' => {
                let end = rest.find([',', '}', ']', ' ', '\n']).unwrap_or(rest.len());
                out.extend(["\"", &rest[..end], "\""]);
                rest = &rest[end..];
                continue;
            }
            _ => first.len_utf8(),
        };
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out
}

/// The length of the string literal that `text` begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
