//! From a mapping file as it is written to rules that can be applied. All that
//! can be wrong with a file that is good YAML is found here, or in what this
//! calls.
//!
//! Heat: cold.

use std::sync::Arc;

use serde_yaml::Spanned;

use super::candidates::{Entry, LARGEST_SIZE, Pattern, Regexes, USUAL_SIZE};
use super::context::{Context, Result, quoted};
use super::defaults::{MATCH_TYPES, MatchType, RuleDefaults, ttl};
use super::diagnosis::{Place, RuleName, Source};
use super::glob::Glob;
use super::order::Order;
use super::re2;
use super::rule::{FamilyOptions, Rule, RuleLabels, RuleText};
use super::scalar::{Pairs, Text};
use super::template::{GroupNames, Template};
use super::trie::Trie;
use super::written::{Defaults, MappingFile, WrittenRule};
use super::{ConfigError, Loaded, RuleIndex, RuleSet};
use crate::model::{
    DEFAULT_HELP, Dialect, LabelName, MetricKind, MetricName, Shape, SummaryOptions, TagStyles, Ttl,
};

/// How many regexes of a file may take more than [`USUAL_SIZE`].
const LARGE_REGEXES: u32 = 16;

const KINDS: [(&str, MetricKind); 3] = [
    ("counter", MetricKind::Counter),
    ("gauge", MetricKind::Gauge),
    ("observer", MetricKind::Observer),
];

/// The rule set without rules.
pub(super) fn empty(flags: TagStyles) -> RuleSet {
    let observer = Shape::Summary(Arc::new(SummaryOptions::default()));
    RuleSet {
        rules: Box::default(),
        globs: Trie::new(Order::FirstInFile),
        regexes: Regexes::default(),
        unmapped: FamilyOptions { help: DEFAULT_HELP.into(), observer, ttl: Ttl::FOREVER },
        dialect: Dialect::uniform(flags),
    }
}

/// Compiles a mapping file.
pub(super) fn compile(source: Source<'_>, file: &MappingFile, flags: TagStyles) -> Result<Loaded> {
    let mut context = Context::new(source);
    let none = Defaults::default();
    let written = file.defaults.as_ref().unwrap_or(&none);
    let defaults = RuleDefaults::compile(&mut context, written)?;
    let dialect = dialect(&context, written.tag_styles.as_ref(), flags)?;
    let disabled = written.glob_disable_ordering.as_ref();
    let disabled = context.flag("glob_disable_ordering", disabled)?;
    let mut globs = Vec::new();
    let mut regexes = Vec::new();
    let mut rules = Vec::new();
    for (index, written) in (0u32..).zip(file.mappings.iter().flatten()) {
        context.rule = Some(rule_name(&context, index, &written.value));
        let mut compiler = RuleCompiler { context: &mut context, defaults: &defaults, written };
        let (rule, matcher, kind) = compiler.compile(index)?;
        match matcher {
            Matcher::Glob(glob) => {
                globs.push((index, kind));
                rules.push(Rule { glob: Some(glob), ..rule });
            }
            Matcher::Regex(pattern) => {
                let captures = rule.uses_captures();
                regexes.push(Entry { rule: index, kind, pattern, captures });
                rules.push(rule);
            }
        }
    }
    let unmapped = defaults.family;
    let regexes = Regexes::new(regexes);
    let globs = trie(&rules, &globs, disabled);
    let rules = RuleSet { rules: rules.into(), globs, regexes, unmapped, dialect };
    Ok(Loaded { rules, warnings: context.warnings })
}

/// What was probably meant by a reference to nothing: of `$1_total` it is the
/// group `1_total`, where `${1}_total` was meant.
fn meant_by(reference: &str, groups: &GroupNames) -> Option<String> {
    let digits =
        reference.len() - reference.trim_start_matches(|it: char| it.is_ascii_digit()).len();
    let (number, rest) = reference.split_at_checked(digits)?;
    (!rest.is_empty() && groups.has(number)).then(|| format!("${{{number}}}{rest}"))
}

/// The trie of all globs; `kinds` has the index of each rule that has one.
fn trie(rules: &[Rule], kinds: &[(u32, Option<MetricKind>)], disabled: bool) -> Trie {
    let globs: Vec<&Glob> = rules.iter().filter_map(|rule| rule.glob.as_ref()).collect();
    let mut trie = Trie::new(Order::of(&globs, disabled));
    for ((index, kind), glob) in kinds.iter().zip(globs) {
        let kinds = kind.as_ref().map_or(&MetricKind::ALL[..], std::slice::from_ref);
        trie.insert(glob, *index, kinds);
    }
    trie
}

fn rule_name(context: &Context<'_>, index: u32, rule: &WrittenRule) -> RuleName {
    let pattern = rule.pattern.as_ref().map(|text| context.text(text)).unwrap_or_default();
    RuleName { index: index as usize + 1, pattern: Some(pattern) }
}

/// Which tag styles hold for which names.
fn dialect(
    context: &Context<'_>,
    written: Option<&Pairs<Vec<Spanned<Text>>>>,
    flags: TagStyles,
) -> Result<Dialect> {
    let words = [("dogstatsd", 0), ("influxdb", 1), ("librato", 2), ("signalfx", 3)];
    let mut prefixes: Vec<(Box<str>, TagStyles)> = Vec::new();
    for (prefix, styles) in written.into_iter().flat_map(|pairs| &pairs.0) {
        let mut chosen = [false; 4];
        for style in styles {
            let at: usize = context.word("a tag style", style, &words)?;
            if let Some(switch) = chosen.get_mut(at) {
                *switch = true;
            }
        }
        let [dogstatsd, influxdb, librato, signalfx] = chosen;
        let styles = TagStyles { dogstatsd, influxdb, librato, signalfx };
        prefixes.push((context.text(prefix).into(), styles));
    }
    Ok(Dialect::with_prefixes(flags, prefixes))
}

const ACTIONS: [(&str, bool); 2] = [("map", false), ("drop", true)];

enum Matcher {
    Glob(Glob),
    Regex(Pattern),
}

struct RuleCompiler<'c, 's> {
    context: &'c mut Context<'s>,
    defaults: &'c RuleDefaults,
    written: &'c Spanned<WrittenRule>,
}

impl RuleCompiler<'_, '_> {
    fn compile(&mut self, index: u32) -> Result<(Rule, Matcher, Option<MetricKind>)> {
        let written = &self.written.value;
        let match_type = written.match_type.as_ref();
        let match_type = self.context.word_or_first("match_type", match_type, &MATCH_TYPES)?;
        let (matcher, groups) = match match_type.unwrap_or(self.defaults.match_type) {
            MatchType::Glob => self.glob()?,
            MatchType::Regex => self.regex()?,
        };
        let name = self.name(&groups)?;
        let labels = self.labels(&groups)?;
        let kind = written.match_metric_type.as_ref();
        let kind = kind.map(|it| self.context.word("match_metric_type", it, &KINDS)).transpose()?;
        let action = written.action.as_ref();
        let drop = self.context.word_or_first("action", action, &ACTIONS)?.unwrap_or(false);
        let observer = self.defaults.observer.shape_for(self.context, written)?;
        if !drop && kind.is_none_or(|kind| kind == MetricKind::Observer) {
            self.check_reserved(&observer)?;
        }
        let ttl = ttl(self.context, written.ttl.as_ref())?.unwrap_or(self.defaults.family.ttl);
        let rule = Rule {
            index: RuleIndex(index),
            glob: None,
            drop,
            name,
            labels,
            honor_labels: self.context.flag("honor_labels", written.honor_labels.as_ref())?,
            family: FamilyOptions { help: self.help(), observer, ttl },
            scale: self.scale()?,
            gauge_absolute: self.gauge_absolute()?,
        };
        Ok((rule, matcher, kind))
    }

    fn place_of_pattern(&self) -> Place {
        let pattern = self.written.value.pattern.as_ref();
        pattern.map_or_else(|| Place::of(self.written), Place::of)
    }

    fn pattern(&self) -> String {
        let pattern = self.written.value.pattern.as_ref();
        pattern.map(|text| self.context.text(text)).unwrap_or_default()
    }

    fn glob(&self) -> Result<(Matcher, GroupNames)> {
        let glob = Glob::parse(&self.pattern()).map_err(|fault| {
            let place = self.place_of_pattern();
            self.context.error(place, "this match is not a glob", fault.found, fault.expected)
        })?;
        let groups = GroupNames::numbered(glob.captures());
        Ok((Matcher::Glob(glob), groups))
    }

    fn regex(&mut self) -> Result<(Matcher, GroupNames)> {
        let translation = re2::translate(&self.pattern())
            .map_err(|fault| self.not_a_regex(fault.problem, quoted(&fault.found)))?;
        let pattern = self.compile_regex(&translation.pattern).map_err(|fault| {
            let text = fault.to_string();
            let reason = text.lines().last().unwrap_or_default();
            self.not_a_regex(reason.trim_start_matches("error: "), quoted(&self.pattern()))
        })?;
        Ok((Matcher::Regex(pattern), translation.names))
    }

    /// Compiles a regex. A few may be large; all of a file being so would take
    /// the memory of the machine.
    fn compile_regex(&mut self, regex: &str) -> std::result::Result<Pattern, regex::Error> {
        let captures = self.refers_to_captures();
        match Pattern::new(regex, captures, USUAL_SIZE) {
            Err(regex::Error::CompiledTooBig(_)) if self.context.large_regexes < LARGE_REGEXES => {
                self.context.large_regexes += 1;
                Pattern::new(regex, captures, LARGEST_SIZE)
            }
            outcome => outcome,
        }
    }

    fn not_a_regex(&self, problem: &str, found: String) -> ConfigError {
        self.context.error(
            self.place_of_pattern(),
            format!("this match is not a regex: {problem}"),
            found,
            "a regex as Go's regexp (RE2) has them",
        )
    }

    /// Whether the name or a label may write what the pattern captures.
    fn refers_to_captures(&self) -> bool {
        let refers = |text: &Spanned<Text>| self.context.text(text).contains('$');
        let rule = &self.written.value;
        let labels = rule.labels.iter().flat_map(|labels| &labels.0);
        rule.name.as_ref().is_some_and(refers) || labels.into_iter().any(|(_, text)| refers(text))
    }

    fn name(&mut self, groups: &GroupNames) -> Result<RuleText<Option<MetricName>>> {
        let Some(name) = &self.written.value.name else {
            let place = Place::of(self.written);
            let problem = "a rule needs a name, with action: drop too";
            return Err(self.context.error(place, problem, "no name", "name: my_metric"));
        };
        let text = self.context.text(name);
        if !is_name(&text) {
            return Err(self.context.error(
                Place::of(name),
                "this name cannot be that of a metric",
                quoted(&text),
                "letters, digits, \"_\" and references such as $1 or ${1}, not a digit first",
            ));
        }
        let template = self.template(&text, groups, Place::of(name));
        Ok(RuleText::new(template, MetricName::escaped))
    }

    fn labels(&mut self, groups: &GroupNames) -> Result<RuleLabels> {
        let pairs = self.written.value.labels.iter().flat_map(|pairs| &pairs.0);
        let mut labels = Vec::new();
        for (key, value) in pairs {
            let text = self.context.text(key);
            let name = LabelName::verbatim(&text).ok_or_else(|| {
                self.context.error(
                    Place::of(key),
                    "this is no name for a label",
                    quoted(&text),
                    "letters, digits and \"_\", beginning neither with a digit nor with \"__\"",
                )
            })?;
            let template = self.template(&self.context.text(value), groups, Place::of(value));
            labels.push((name, RuleText::new(template, |text| text.into())));
        }
        Ok(labels.into())
    }

    fn template(&mut self, text: &str, groups: &GroupNames, place: Place) -> Template {
        let (template, dangling) = Template::compile(text, groups);
        for reference in dangling {
            let meant = meant_by(&reference, groups)
                .map_or_else(String::new, |meant| format!(" Did you mean {meant}?"));
            let sentence = format!(
                "{} refers to ${{{reference}}}, which the match does not capture; it writes nothing.{meant}",
                quoted(text)
            );
            self.context.warn(place, &sentence);
        }
        template
    }

    /// A label that the type keeps for itself would be there twice.
    fn check_reserved(&self, observer: &Shape) -> Result<()> {
        let reserved = observer.reserved_label();
        let pairs = self.written.value.labels.iter().flat_map(|pairs| &pairs.0);
        for (key, _) in pairs {
            if Some(&*self.context.text(key)) == reserved {
                return Err(self.context.error(
                    Place::of(key),
                    format!("a {} keeps this label for itself", observer.as_str()),
                    quoted(&self.context.text(key)),
                    "another label, or match_metric_type: counter (or gauge)",
                ));
            }
        }
        Ok(())
    }

    fn help(&self) -> Arc<str> {
        let help = self.written.value.help.as_ref().map(|help| self.context.text(help));
        match help {
            Some(help) if !help.is_empty() => help.into(),
            _ => Arc::clone(&self.defaults.family.help),
        }
    }

    fn scale(&self) -> Result<Option<f64>> {
        let Some(scale) = &self.written.value.scale else { return Ok(None) };
        let value = self.context.number("scale", scale)?;
        if value.is_finite() {
            return Ok(Some(value));
        }
        let place = Place::of(scale);
        Err(self.context.error(place, "scale is not finite", value.to_string(), "a finite number"))
    }

    fn gauge_absolute(&self) -> Result<bool> {
        let Some(gauge) = &self.written.value.gauge else { return Ok(false) };
        self.context.word("gauge", gauge, &[("absolute", true), ("relative", false)])
    }
}

/// `^([a-zA-Z_]|T)([a-zA-Z0-9_]|T)*$` with `T` being `$1` or `${1}`.
fn is_name(text: &str) -> bool {
    let mut rest = text;
    if rest.is_empty() || rest.starts_with(|first: char| first.is_ascii_digit()) {
        return false;
    }
    while let Some(first) = rest.chars().next() {
        let after = match first {
            '$' => after_reference(rest),
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => rest.get(1..),
            _ => None,
        };
        let Some(after) = after else { return false };
        rest = after;
    }
    true
}

/// What follows a `$1` or `${1}`.
fn after_reference(text: &str) -> Option<&str> {
    let body = text.strip_prefix('$')?;
    let (body, braced) = body.strip_prefix('{').map_or((body, false), |body| (body, true));
    let rest = body.trim_start_matches(|c: char| c.is_ascii_digit());
    match (rest.len() < body.len(), braced) {
        (false, _) => None,
        (true, true) => rest.strip_prefix('}'),
        (true, false) => Some(rest),
    }
}
