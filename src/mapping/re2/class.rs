//! Classes in brackets: `[a-z] [^a] [[:alpha:]] [\d\pL] []a] [a-]`.
//!
//! Heat: cold.

use super::escape::{perl_class, push_range};
use super::{Result, Translator, fault};

const NAMED: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

impl Translator<'_> {
    pub(super) fn class(&mut self) -> Result<()> {
        let whole = self.rest;
        self.advance(1);
        let mut out = String::from("[");
        if self.take("^") {
            out.push('^');
        }
        let mut first = true;
        // A `]` that comes first is a member.
        while first || !self.rest.starts_with(']') {
            if self.rest.is_empty() {
                return fault(whole, "a class is not closed");
            }
            first = false;
            self.member(&mut out)?;
        }
        self.advance(1);
        out.push(']');
        self.out.push_str(&out);
        self.atom();
        Ok(())
    }

    fn member(&mut self, out: &mut String) -> Result<()> {
        if self.rest.starts_with("[:")
            && let Some(class) = self.named_class()?
        {
            out.push_str(&class);
            return Ok(());
        }
        if let Some(letter) = self.rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) {
            if let Some(members) = perl_class(letter) {
                self.advance(2);
                let (open, close) =
                    if letter.is_ascii_uppercase() { ("[^", "]") } else { ("", "") };
                out.extend([open, members, close]);
                return Ok(());
            }
            if matches!(letter, 'p' | 'P') {
                out.push_str(&self.unicode_class()?);
                return Ok(());
            }
        }
        self.range(out)
    }

    /// `[:alpha:]`; `None` where Go reads the characters themselves.
    fn named_class(&mut self) -> Result<Option<String>> {
        let body = self.rest.get(2..).unwrap_or_default();
        let Some((name, _)) = body.split_once(":]") else { return Ok(None) };
        let plain = name.strip_prefix('^').unwrap_or(name);
        let text = format!("[:{name}:]");
        if !NAMED.contains(&plain) {
            return fault(text, "this class is not known");
        }
        self.advance(text.len());
        Ok(Some(text))
    }

    fn range(&mut self, out: &mut String) -> Result<()> {
        let whole = self.rest;
        let first = self.class_char()?;
        let mut after_dash = self.rest.strip_prefix('-').unwrap_or_default().chars();
        let last = match after_dash.next() {
            // `[a-]`: the dash is a member.
            None | Some(']') => first,
            Some(_) => {
                self.advance(1);
                self.class_char()?
            }
        };
        if last < first {
            let length = whole.len() - self.rest.len();
            return fault(whole.get(..length).unwrap_or_default(), "a range runs backwards");
        }
        push_range(out, first, last);
        Ok(())
    }

    fn class_char(&mut self) -> Result<char> {
        match self.peek() {
            Some('\\') => self.escaped_char(),
            Some(char) => {
                self.advance(char.len_utf8());
                Ok(char)
            }
            None => fault("[", "a class is not closed"),
        }
    }
}
