//! The rules as a picture: a graph in the language of Graphviz, for
//! `--debug.dump-fsm`. Globs are drawn as the trie that matches them, regexes in
//! the order in which they are tried.
//!
//! It only writes; what is drawn is decided where it is matched.
//!
//! Heat: cold.

use std::fmt::Write;

use super::RuleSet;
use crate::model::MetricKind;

/// The colours of the incumbent's picture: where a name begins, where a rule
/// takes it.
const START: &str = "color=\"#a94442\", fillcolor=\"#f2dede\"";
const END: &str = "color=\"#82b366\", fillcolor=\"#d5e8d4\"";

impl RuleSet {
    /// The rules as a graph that `dot` draws. The same rules give the same text.
    #[must_use]
    pub fn graph(&self) -> String {
        let mut text = String::from(
            "digraph rules {\n  rankdir=LR;\n  node [shape=circle, style=filled, \
             fillcolor=white, label=\"\"];\n",
        );
        // Writing into a string cannot fail.
        let _ = self.write_globs(&mut text).and_then(|()| self.write_regexes(&mut text));
        text.push_str("}\n");
        text
    }

    fn write_globs(&self, out: &mut String) -> std::fmt::Result {
        if self.globs.is_empty() {
            return Ok(());
        }
        out.push_str("  subgraph cluster_globs {\n    label=\"globs\";\n");
        writeln!(out, "    g0 [{START}];")?;
        for (from, part, to) in self.globs.edges() {
            writeln!(out, "    g{from} -> g{to} [label=\"{}\"];", escaped(part))?;
        }
        for (node, ends) in self.globs.ends() {
            let label: Vec<_> = self.takers(ends).into_iter().map(|text| escaped(&text)).collect();
            let label = label.join("\\n");
            writeln!(out, "    g{node} [shape=box, {END}, label=\"{label}\"];")?;
        }
        out.push_str("  }\n");
        Ok(())
    }

    fn write_regexes(&self, out: &mut String) -> std::fmt::Result {
        let mut regexes = self.regexes.in_order().enumerate().peekable();
        if regexes.peek().is_none() {
            return Ok(());
        }
        out.push_str("  subgraph cluster_regexes {\n    label=\"regexes, first match wins\";\n");
        for (at, (rule, kind, pattern)) in regexes {
            let label = format!("{}\\n{}", escaped(&self.taker(rule, kind)), escaped(pattern));
            writeln!(out, "    r{at} [shape=box, {END}, label=\"{label}\"];")?;
            if let Some(before) = at.checked_sub(1) {
                writeln!(out, "    r{before} -> r{at};")?;
            }
        }
        out.push_str("  }\n");
        Ok(())
    }

    /// The rules that take a name which ends here, by kind; one text if one rule
    /// takes all.
    fn takers(&self, ends: [Option<u32>; 3]) -> Vec<String> {
        match ends {
            [Some(rule), counter, gauge] if counter == Some(rule) && gauge == Some(rule) => {
                vec![self.taker(rule, None)]
            }
            _ => MetricKind::ALL
                .into_iter()
                .filter_map(|kind| {
                    let rule = ends.get(kind as usize).copied().flatten()?;
                    Some(self.taker(rule, Some(kind)))
                })
                .collect(),
        }
    }

    /// A rule by its place in the file, counted from 1 as in errors.
    fn taker(&self, rule: u32, kind: Option<MetricKind>) -> String {
        let drops = self.rules.get(rule as usize).is_some_and(|rule| rule.drop);
        let kind = kind.map_or_else(String::new, |kind| format!(" ({})", kind.as_str()));
        format!("rule {}{kind}{}", rule + 1, if drops { ", drop" } else { "" })
    }
}

/// Text inside the quotes of a label, which reads `\` and `&` in its own way.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\\\x{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TagStyles;

    fn graph(yaml: &str) -> String {
        RuleSet::parse(yaml, "mapping.yml", TagStyles::ALL).unwrap().rules.graph()
    }

    #[test]
    fn globs_are_drawn_as_their_trie() {
        let text = graph(
            "mappings:\n- {match: a.*.c, name: x}\n- {match: a.b, name: y, match_metric_type: \
             gauge}\n- {match: 'q.**', name: z, action: drop}\n- {match: a.b, name: w}\n",
        );
        for line in [
            "g0 -> g1 [label=\"a\"];",
            "g1 -> g2 [label=\"*\"];",
            "g2 -> g3 [label=\"c\"];",
            "g1 -> g4 [label=\"b\"];",
            "g0 -> g5 [label=\"q\"];",
            "g5 -> g6 [label=\"**\"];",
            "g6 -> g6 [label=\"**\"];",
            "label=\"rule 1\"];",
            "label=\"rule 4 (counter)\\nrule 2 (gauge)\\nrule 4 (observer)\"];",
            "label=\"rule 3, drop\"];",
        ] {
            assert_eq!(text.matches(line).count(), 1, "{line}\n{text}");
        }
        assert_eq!(text.matches(" -> ").count(), 7);
        assert!(!text.contains("regexes"));
    }

    #[test]
    fn regexes_are_drawn_in_their_order_and_escaped() {
        let text = graph(
            "defaults: {match_type: regex}\nmappings:\n- {match: '^a\\.(\"|&lt;)$', name: x}\n\
             - {match: \"b\\tc\", name: y, match_metric_type: counter}\n",
        );
        assert!(text.contains("label=\"rule 1\\n^a\\\\.(\\\"|\\\\&amp;lt;)$\"];"), "{text}");
        assert!(text.contains("label=\"rule 2 (counter)\\nb\\\\x{9}c\"];"), "{text}");
        assert!(text.contains("r0 -> r1;") && !text.contains("globs"));
    }

    #[test]
    fn without_rules_there_is_an_empty_graph() {
        let text = graph("");
        assert!(text.starts_with("digraph rules {") && text.ends_with("}\n"));
        assert!(!text.contains("->"));
    }
}
