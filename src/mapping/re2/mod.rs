//! Regexes as mapping files have them, Go's RE2 with Perl flags, rewritten for
//! Rust's regex crate. Nothing is matched here.
//!
//! What the two read differently is written out so that only one reading is
//! left: `\d \w \s \b` are ASCII, `\Q…\E` is literal, a `{` that begins no
//! repetition is a brace, and in a class `[ && -- ~~` are characters. What Go
//! refuses is refused: look-around, back-references, `(?x)`, `a**`, `a++`, a
//! repetition above 1000. Groups lose their names, which may begin with a digit
//! in Go; [`Translation::names`] keeps them.
//!
//! Source of the rules: the syntax page of Go's package regexp/syntax.
//!
//! Heat: cold.

mod class;
mod escape;
mod group;
mod repeat;

use super::template::GroupNames;

/// A regex for Rust's regex crate.
#[derive(Debug)]
pub(super) struct Translation {
    pub(super) pattern: String,
    /// The groups of the pattern, the whole match first.
    pub(super) names: GroupNames,
}

/// Why a regex cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RegexFault {
    /// The part of the regex at fault.
    pub(super) found: String,
    pub(super) problem: &'static str,
}

type Result<T> = std::result::Result<T, RegexFault>;

fn fault<T>(found: impl Into<String>, problem: &'static str) -> Result<T> {
    Err(RegexFault { found: found.into(), problem })
}

/// Rewrites a regex.
pub(super) fn translate(regex: &str) -> Result<Translation> {
    let mut translator = Translator::new(regex);
    while let Some(first) = translator.peek() {
        translator.token(first)?;
    }
    translator.finish()
}

/// What a repetition would repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// Nothing: the start of a group or of an alternative.
    Nothing,
    /// Something whose innermost part is repeated so often by counts inside it.
    Atom(u32),
    /// Something that is repeated already.
    Repeated(u32),
}

/// A group that is still open.
#[derive(Debug)]
struct Open {
    /// The most repetitions of any part inside, as counts multiply.
    deepest: u32,
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
    names: Vec<Option<String>>,
    /// The whole regex, then every open group.
    open: Vec<Open>,
    last: Last,
}

impl<'a> Translator<'a> {
    fn new(regex: &'a str) -> Self {
        let open = vec![Open { deepest: 1 }];
        Self { rest: regex, out: String::new(), names: vec![None], open, last: Last::Nothing }
    }

    fn finish(self) -> Result<Translation> {
        if self.open.len() > 1 {
            return fault("(", "a group is not closed");
        }
        Ok(Translation { pattern: self.out, names: GroupNames(self.names) })
    }

    fn token(&mut self, first: char) -> Result<()> {
        match first {
            '(' => self.open_group(),
            ')' => self.close_group(),
            '|' => {
                self.copy(first);
                self.last = Last::Nothing;
                Ok(())
            }
            '*' | '+' | '?' => self.repeat(),
            '{' => self.counted_repeat(),
            '[' => self.class(),
            '\\' => self.escape(),
            '.' | '^' | '$' => {
                self.copy(first);
                self.atom();
                Ok(())
            }
            _ => {
                self.advance(first.len_utf8());
                self.literal(first);
                Ok(())
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Takes the text if it is next.
    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Copies one character that means the same in both dialects.
    fn copy(&mut self, char: char) {
        self.advance(char.len_utf8());
        self.out.push(char);
    }

    /// Writes a character that stands for itself.
    fn literal(&mut self, char: char) {
        push_literal(&mut self.out, char);
        self.atom();
    }

    /// Notes that something which may be repeated was written.
    fn atom(&mut self) {
        self.last = Last::Atom(1);
    }
}

/// Writes a character so that it stands for itself, inside a class or outside.
fn push_literal(out: &mut String, char: char) {
    if matches!(
        char,
        '\\' | '.'
            | '+'
            | '*'
            | '?'
            | '('
            | ')'
            | '|'
            | '['
            | ']'
            | '{'
            | '}'
            | '^'
            | '$'
            | '#'
            | '&'
            | '-'
            | '~'
    ) {
        out.push('\\');
    }
    out.push(char);
}

#[cfg(test)]
mod tests;
