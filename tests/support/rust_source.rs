//! Rust source as words and signs, as far as the import law needs it: comments
//! and literals are gone, paths are whole, tests can be left out.
//!
//! Heat: cold.

use std::collections::BTreeSet;

/// One source file.
pub struct Source {
    /// Its path below `src`, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A word, or a sign of one character; `::` is one sign.
pub type Tokens = Vec<String>;

impl Source {
    /// Everything but comments and literals.
    pub fn tokens(&self) -> Tokens {
        tokens(&self.text)
    }

    /// The lines of the module doc, without `//!`.
    pub fn module_doc(&self) -> Vec<&str> {
        let doc = self.text.lines().map_while(|line| line.trim_end().strip_prefix("//!"));
        doc.map(str::trim).collect()
    }

    /// `hot`, `warm` or `cold`: the last paragraph of the module doc says so.
    pub fn heat(&self) -> Option<&'static str> {
        let doc = self.module_doc();
        let last = doc.rsplit(|line| line.is_empty()).find(|paragraph| !paragraph.is_empty())?;
        let said = last.first()?.strip_prefix("Heat: ")?;
        ["hot", "warm", "cold"].into_iter().find(|heat| {
            said.strip_prefix(heat)
                .is_some_and(|rest| rest.starts_with([' ', '.', ',', ';', '(']) || rest.is_empty())
        })
    }

    /// The modules that this file is nested in, from the root: `a/b.rs` is
    /// `[a, b]`, `a/mod.rs` is `[a]`, `lib.rs` and `main.rs` are the root.
    pub fn module(&self) -> Vec<&str> {
        let path = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let mut parts: Vec<_> = path.split('/').collect();
        if parts.last() == Some(&"mod") || ["lib", "main"].contains(&path) {
            parts.pop();
        }
        parts
    }

    /// The room that the file belongs to; nothing for the crate's root.
    pub fn room(&self) -> Option<&str> {
        if self.path == "main.rs" { Some("main") } else { self.module().first().copied() }
    }

    /// The rooms of this crate whose paths stand in the file.
    pub fn rooms_named(&self) -> BTreeSet<String> {
        let tokens = self.tokens();
        let mut found = BTreeSet::new();
        let mut nested: Vec<Option<usize>> = Vec::new();
        let mut depth = 0;
        for (at, token) in tokens.iter().enumerate() {
            match token.as_str() {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    nested.retain(|opened| opened.is_none_or(|opened| opened < depth));
                }
                "mod" if tokens.get(at + 2).is_some_and(|sign| sign == "{") => {
                    nested.push(Some(depth));
                }
                "crate" | "statsd_bridge" if follows(&tokens, at, "::") => {
                    heads(&tokens, at + 2, &mut found);
                }
                "super" if follows(&tokens, at, "::") && !preceded(&tokens, at) => {
                    let supers = 1 + tokens[at + 2..]
                        .chunks(2)
                        .take_while(|pair| {
                            pair[0] == "super" && pair.get(1).is_some_and(|s| s == "::")
                        })
                        .count();
                    if supers >= self.module().len() + nested.len() {
                        heads(&tokens, at + 2 * supers, &mut found);
                    }
                }
                _ => {}
            }
        }
        found
    }
}

fn follows(tokens: &Tokens, at: usize, sign: &str) -> bool {
    tokens.get(at + 1).is_some_and(|token| token == sign)
}

fn preceded(tokens: &Tokens, at: usize) -> bool {
    at > 0 && tokens[at - 1] == "::"
}

/// The first words of the path, or of each path of the group, that begins here.
fn heads(tokens: &Tokens, at: usize, found: &mut BTreeSet<String>) {
    let Some(first) = tokens.get(at) else { return };
    if first != "{" {
        found.insert(first.clone());
        return;
    }
    let mut depth = 0;
    for (offset, token) in tokens[at..].iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            word if depth == 1 && ["{", ","].contains(&tokens[at + offset - 1].as_str()) => {
                found.insert(word.to_owned());
            }
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

/// Leaves out what is only compiled for tests.
pub fn without_tests(tokens: &Tokens) -> Tokens {
    let mut kept = Tokens::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(end) = test_attribute(tokens, at) {
            at = item_end(tokens, end);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// The modules that are declared for tests only and stand in files of their own.
pub fn test_modules(tokens: &Tokens) -> Vec<String> {
    let ends = (0..tokens.len()).filter_map(|at| test_attribute(tokens, at));
    let module = |end| match tokens.get(behind_attributes(tokens, end)..)? {
        [keyword, name, sign, ..] if keyword == "mod" && sign == ";" => Some(name.clone()),
        _ => None,
    };
    ends.filter_map(module).collect()
}

/// Where `#[cfg(test)]`, or a `cfg` that wants `test` beside other things, ends.
fn test_attribute(tokens: &Tokens, at: usize) -> Option<usize> {
    let end = attribute(tokens, at)?;
    let inner = &tokens[at + 2..end - 1];
    let has = |word: &str| inner.iter().any(|token| token == word);
    let negated = inner.windows(3).any(|window| window == ["not", "(", "test"]);
    (inner[0] == "cfg" && has("test") && !has("any") && !negated).then_some(end)
}

/// Where the attribute that begins here ends.
fn attribute(tokens: &Tokens, at: usize) -> Option<usize> {
    let begins = tokens.get(at)? == "#" && tokens.get(at + 1)? == "[";
    let end = at + tokens.get(at..)?.iter().position(|token| token == "]")? + 1;
    (begins && end > at + 3).then_some(end)
}

fn behind_attributes(tokens: &Tokens, mut at: usize) -> usize {
    while let Some(end) = attribute(tokens, at) {
        at = end;
    }
    at
}

/// Where the item that begins here ends: behind its `;` or its block.
fn item_end(tokens: &Tokens, from: usize) -> usize {
    let mut depth = 0_i32;
    for (offset, token) in tokens[from..].iter().enumerate() {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "}" => {
                depth -= 1;
                if depth == 0 {
                    return from + offset + 1;
                }
            }
            ";" if depth == 0 => return from + offset + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn tokens(text: &str) -> Tokens {
    let mut found = Tokens::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = skipped(rest).unwrap_or_else(|| {
            let length = word(rest);
            if !first.is_whitespace() {
                found.push(rest[..length].to_owned());
            }
            length
        });
        rest = &rest[length..];
    }
    found
}

/// The length of the comment or literal that the text begins with.
fn skipped(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(text.find("*/").map_or(text.len(), |end| end + 2));
    }
    let body = text.strip_prefix(['b', 'c']).filter(|body| body.starts_with(['"', 'r', '\'']));
    let body = body.unwrap_or(text);
    let before = text.len() - body.len();
    let length = raw_string(body).or_else(|| quoted(body, '"')).or_else(|| character(body))?;
    Some(before + length)
}

fn raw_string(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('r')?;
    let hashes = inner.len() - inner.trim_start_matches('#').len();
    inner[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let from = 1 + hashes + 1;
    Some(from + text[from..].find(&close)? + close.len())
}

fn quoted(text: &str, quote: char) -> Option<usize> {
    let inner = text.strip_prefix(quote)?;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 2),
            _ => {}
        }
    }
    Some(text.len())
}

/// A character literal; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.strip_prefix('\'')?.chars();
    let first = chars.next()?;
    if first == '\\' || chars.next() == Some('\'') { quoted(text, '\'') } else { None }
}

fn word(text: &str) -> usize {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    let length = text.find(|c| !letter(c)).unwrap_or(text.len());
    if length > 0 {
        return length;
    }
    if text.starts_with("::") { 2 } else { text.chars().next().map_or(0, char::len_utf8) }
}
