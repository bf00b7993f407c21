//! Groups: `( (?: (?P<name> (?<name> (?flags) (?flags:`.
//!
//! Heat: cold.

use super::{Last, Open, Result, Translator, fault};

impl Translator<'_> {
    pub(super) fn open_group(&mut self) -> Result<()> {
        if !self.rest.starts_with("(?") {
            self.advance(1);
            self.capture(None);
            return Ok(());
        }
        for look in ["(?=", "(?!", "(?<=", "(?<!"] {
            if self.rest.starts_with(look) {
                return fault(look, "look-around is not part of this regex language");
            }
        }
        for name in ["(?P<", "(?<"] {
            if self.take(name) {
                return self.named(name);
            }
        }
        self.flags()
    }

    pub(super) fn close_group(&mut self) -> Result<()> {
        if self.open.len() < 2 {
            return fault(")", "there is no group to close");
        }
        let inner = self.open.pop().map_or(1, |group| group.deepest);
        if let Some(outer) = self.open.last_mut() {
            outer.deepest = outer.deepest.max(inner);
        }
        self.copy(')');
        self.last = Last::Atom(inner);
        Ok(())
    }

    fn capture(&mut self, name: Option<String>) {
        self.names.push(name);
        self.enter("(");
    }

    fn enter(&mut self, opening: &str) {
        self.out.push_str(opening);
        self.open.push(Open { deepest: 1 });
        self.last = Last::Nothing;
    }

    fn named(&mut self, opening: &str) -> Result<()> {
        let end = self.rest.find('>').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end).unwrap_or_default();
        let shown = format!("{opening}{name}>");
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if rest.is_empty() || name.is_empty() || !name.bytes().all(word) {
            return fault(shown, "a group's name is made of letters, digits and \"_\"");
        }
        if self.names.iter().any(|other| other.as_deref() == Some(name)) {
            return fault(shown, "two groups cannot have the same name");
        }
        let name = name.to_owned();
        self.advance(end + 1);
        self.capture(Some(name));
        Ok(())
    }

    /// `(?flags)` holds to the end of the group, `(?flags:` opens one.
    fn flags(&mut self) -> Result<()> {
        let end = self.rest.find([')', ':']).unwrap_or(self.rest.len());
        let (written, rest) = self.rest.split_at_checked(end).unwrap_or_default();
        let flags = written.get(2..).unwrap_or_default();
        let known = flags.chars().all(|flag| matches!(flag, 'i' | 'm' | 's' | 'U' | '-'));
        let minus = flags.matches('-').count();
        if rest.is_empty() || !known || minus > 1 || flags.ends_with('-') {
            let shown = self.rest.get(..=end).unwrap_or(self.rest);
            return fault(
                shown,
                "the flags of a group are i, m, s and U, and after \"-\" those to end",
            );
        }
        let flags = tidied(flags);
        self.advance(end + 1);
        if rest.starts_with(':') {
            self.enter(&format!("(?{flags}:"));
        } else {
            if !flags.is_empty() {
                self.out.extend(["(?", &flags, ")"]);
            }
            self.last = Last::Nothing;
        }
        Ok(())
    }
}

/// Flags with each of them once, as the regex crate wants it: of those that are
/// set and unset, unset counts, since it comes later.
fn tidied(flags: &str) -> String {
    let (set, unset) = flags.split_once('-').unwrap_or((flags, ""));
    let known = "imsU".chars();
    let mut tidy: String =
        known.clone().filter(|flag| set.contains(*flag) && !unset.contains(*flag)).collect();
    if !unset.is_empty() {
        tidy.push('-');
        tidy.extend(known.filter(|flag| unset.contains(*flag)));
    }
    tidy
}
