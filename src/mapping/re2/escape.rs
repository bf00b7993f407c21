//! What follows a backslash outside of a class, and what both sides share.
//!
//! Heat: cold.

use super::{Result, Translator, fault, push_literal};

/// The members of Perl's classes, which are ASCII in Go, for use inside
/// brackets. Go's `\s` has no vertical tab.
pub(super) const fn perl_class(letter: char) -> Option<&'static str> {
    Some(match letter {
        'd' | 'D' => "0-9",
        'w' | 'W' => "0-9A-Za-z_",
        's' | 'S' => "\\t\\n\\x0C\\r\\x20",
        _ => return None,
    })
}

impl Translator<'_> {
    pub(super) fn escape(&mut self) -> Result<()> {
        let Some(letter) = self.rest.chars().nth(1) else {
            return fault("\\", "a backslash ends the regex");
        };
        if let Some(members) = perl_class(letter) {
            self.advance(2);
            let open = if letter.is_ascii_uppercase() { "[^" } else { "[" };
            self.out.extend([open, members, "]"]);
            self.atom();
            return Ok(());
        }
        let same = match letter {
            'A' => "\\A",
            'z' => "\\z",
            'b' => "(?-u:\\b)",
            'B' => "(?-u:\\B)",
            'p' | 'P' => {
                let class = self.unicode_class()?;
                self.out.push_str(&class);
                self.atom();
                return Ok(());
            }
            'Q' => {
                self.quoted();
                return Ok(());
            }
            _ => {
                let char = self.escaped_char()?;
                self.literal(char);
                return Ok(());
            }
        };
        self.advance(2);
        self.out.push_str(same);
        self.atom();
        Ok(())
    }

    /// `\Q…\E`; without an end, all that follows.
    fn quoted(&mut self) {
        let body = self.rest.get(2..).unwrap_or_default();
        let (text, rest) = body.split_once("\\E").unwrap_or((body, ""));
        self.rest = rest;
        for char in text.chars() {
            self.literal(char);
        }
    }

    /// `\pL`, `\p{Greek}`, `\P{^Greek}`.
    pub(super) fn unicode_class(&mut self) -> Result<String> {
        let mut chars = self.rest.chars().skip(1);
        let (negated, first) = (chars.next() == Some('P'), chars.next());
        let text = match first {
            Some('{') => self.rest.split_inclusive('}').next().unwrap_or_default(),
            Some(letter) => self.rest.get(..2 + letter.len_utf8()).unwrap_or_default(),
            None => "",
        };
        let body = text.get(2..).unwrap_or_default();
        let braced = body.strip_prefix('{').map(|body| body.strip_suffix('}').unwrap_or_default());
        let name = braced.unwrap_or(body);
        let (inverted, name) = name.strip_prefix('^').map_or((false, name), |name| (true, name));
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
            let shown = if text.is_empty() { self.rest } else { text };
            return fault(shown, "this is no class of Unicode");
        }
        let letter = if negated == inverted { 'p' } else { 'P' };
        let class = format!("\\{letter}{{{name}}}");
        self.advance(text.len());
        Ok(class)
    }

    /// An escape that stands for one character: punctuation, `\n`, `\x7F`,
    /// `\x{10FFFF}`, `\012`.
    pub(super) fn escaped_char(&mut self) -> Result<char> {
        let mut chars = self.rest.chars().skip(1);
        let Some(letter) = chars.next() else {
            return fault("\\", "a backslash ends the regex");
        };
        let next_is_octal = chars.next().is_some_and(|next| next.is_digit(8));
        let simple = match letter {
            'a' => '\x07',
            'f' => '\x0C',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0B',
            'x' => return self.hexadecimal(),
            '0' => return self.octal(),
            '1'..='7' if next_is_octal => return self.octal(),
            '1'..='9' => {
                return fault(
                    format!("\\{letter}"),
                    "back-references are not part of this regex language",
                );
            }
            'C' => return fault("\\C", "single bytes cannot be matched, only characters"),
            _ if letter.is_ascii() && !letter.is_ascii_alphanumeric() => letter,
            _ => return fault(format!("\\{letter}"), "this escape is not known"),
        };
        self.advance(1 + letter.len_utf8());
        Ok(simple)
    }

    fn octal(&mut self) -> Result<char> {
        let digits =
            self.rest.chars().skip(1).take(3).take_while(|digit| digit.is_digit(8)).count();
        let text = self.rest.get(1..=digits).unwrap_or_default();
        let code = u32::from_str_radix(text, 8).ok().and_then(char::from_u32);
        self.advance(1 + digits);
        code.map_or_else(|| fault("\\0", "this escape is not known"), Ok)
    }

    fn hexadecimal(&mut self) -> Result<char> {
        let body = self.rest.get(2..).unwrap_or_default();
        let (digits, length) = match body.strip_prefix('{') {
            Some(braced) => {
                let digits = braced.split('}').next().unwrap_or_default();
                (digits, digits.len() + 2)
            }
            None => (body.get(..2).unwrap_or_default(), 2),
        };
        let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let closed =
            body.get(..length).is_some_and(|text| !text.starts_with('{') || text.ends_with('}'));
        let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        match code {
            Some(char) if plain && closed => {
                self.advance(2 + length);
                Ok(char)
            }
            _ => fault(
                format!("\\x{}", body.chars().take(4).collect::<String>()),
                "this is no character",
            ),
        }
    }
}

/// Writes a range of characters for use inside brackets.
pub(super) fn push_range(out: &mut String, first: char, last: char) {
    push_literal(out, first);
    if last != first {
        out.push('-');
        push_literal(out, last);
    }
}
