//! All globs of a rule set in one trie, so that the cost of a name does not
//! grow with the number of rules.
//!
//! A node stands for the parts of a glob from its start. A name is matched by
//! walking all nodes that its components so far lead to, side by side. A node
//! behind `**` stays as long as the `**` goes on. Each node is walked at most
//! once per component, so a name costs at most components × nodes whatever the
//! globs are, and in practice a handful of nodes per component.
//!
//! The nodes are kept in the order of preference of `glob_disable_ordering`: at
//! the first component where two ways differ, text stands before `*`, and `*`
//! before `**`. So the first one that ends well is the preferred one; without
//! that option the rule that stands first in the file is ([`Order`]).
//!
//! Heat: warm (once per new spelling of a series).

use std::collections::HashMap;

use foldhash::fast::RandomState;
use smallvec::{SmallVec, smallvec};

use super::glob::{Components, Glob, Part};
use super::order::Order;
use crate::model::MetricKind;

type NodeId = u32;

/// Nodes that a name may be at: few, unless many rules are much alike.
type Nodes = SmallVec<[NodeId; 8]>;

const ROOT: NodeId = 0;

#[derive(Debug, Default)]
struct Node {
    exact: HashMap<Box<str>, NodeId, RandomState>,
    one: Option<NodeId>,
    many: Option<NodeId>,
    /// For a node that stands behind `**`: which of those it is.
    double: Option<u32>,
    /// The first rule that ends here, by kind of metric.
    ends: [Option<u32>; 3],
    /// How many components may follow this node, by kind; `None` if no rule
    /// for that kind goes through here.
    follow: [Option<Follow>; 3],
}

/// The fewest and the most components that may follow a node.
#[derive(Clone, Copy, Debug)]
struct Follow {
    fewest: usize,
    /// `usize::MAX` behind and before a `**`.
    most: usize,
}

/// The globs of a rule set.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    doubles: u32,
    order: Order,
}

impl Trie {
    /// A trie without globs.
    pub(super) fn new(order: Order) -> Self {
        Self { nodes: vec![Node::default()], doubles: 0, order }
    }

    /// Whether there is no glob.
    pub(super) const fn is_empty(&self) -> bool {
        self.nodes.len() < 2
    }

    /// Adds the glob of a rule that holds for these kinds.
    pub(super) fn insert(&mut self, glob: &Glob, rule: u32, kinds: &[MetricKind]) {
        let parts = glob.parts();
        let last_many = parts.iter().rposition(|part| *part == Part::Many);
        let mut id = ROOT;
        for (at, part) in parts.iter().enumerate() {
            let behind = parts.get(at + 1..).unwrap_or_default();
            let endless = last_many.is_some_and(|last| at <= last);
            let most = if endless { usize::MAX } else { behind.len() };
            id = self.child(id, part);
            if let Some(node) = self.nodes.get_mut(id as usize) {
                node.lead_on(kinds, Follow { fewest: behind.len(), most });
            }
        }
        if let Some(node) = self.nodes.get_mut(id as usize) {
            for kind in kinds {
                if let Some(end) = node.ends.get_mut(*kind as usize) {
                    end.get_or_insert(rule);
                }
            }
        }
    }

    fn child(&mut self, parent: NodeId, part: &Part) -> NodeId {
        let fresh = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        let Some(node) = self.nodes.get_mut(parent as usize) else { return ROOT };
        let id = match part {
            Part::Text(text) => *node.exact.entry(text.clone()).or_insert(fresh),
            Part::One => *node.one.get_or_insert(fresh),
            Part::Many => *node.many.get_or_insert(fresh),
        };
        if id == fresh {
            let double = (*part == Part::Many).then_some(self.doubles);
            self.doubles += u32::from(double.is_some());
            self.nodes.push(Node { double, ..Node::default() });
        }
        id
    }

    /// The rule that a name of this kind goes to.
    pub(super) fn find(&self, name: &Components<'_>, kind: MetricKind) -> Option<u32> {
        let mut here: Nodes = smallvec![ROOT];
        let mut next = Next::new(self, kind);
        for (at, component) in name.iter().enumerate() {
            next.restart(name.len() - at - 1);
            for id in &here {
                next.step(*id, component);
            }
            std::mem::swap(&mut here, &mut next.nodes);
            if here.is_empty() {
                return None;
            }
        }
        let mut ends = here.iter().filter_map(|id| {
            let node = self.nodes.get(*id as usize)?;
            node.ends.get(kind as usize).copied().flatten()
        });
        if self.order == Order::FirstInFile { ends.min() } else { ends.next() }
    }
}

/// Reading, to draw it.
impl Trie {
    /// Each step from a node to a node, and the part of a glob that it takes, in
    /// the order in which the nodes were made. A node behind `**` also leads to
    /// itself.
    pub(super) fn edges(&self) -> impl Iterator<Item = (NodeId, &str, NodeId)> {
        let nodes = (ROOT..).zip(&self.nodes);
        let edges = nodes.flat_map(|(id, node)| {
            let exact = node.exact.iter().map(|(text, to)| (&**text, *to));
            let one = node.one.map(|to| ("*", to));
            let itself = node.double.map(|_| ("**", id));
            let many = node.many.map(|to| ("**", to));
            exact.chain(one).chain(many).chain(itself).map(move |(part, to)| (id, part, to))
        });
        let mut edges: Vec<_> = edges.collect();
        edges.sort_by_key(|(from, _, to)| (*to, *from));
        edges.into_iter()
    }

    /// The nodes where globs end, and the rules that take a name there, by kind.
    pub(super) fn ends(&self) -> impl Iterator<Item = (NodeId, [Option<u32>; 3])> {
        let nodes = (ROOT..).zip(&self.nodes);
        nodes.map(|(id, node)| (id, node.ends)).filter(|(_, ends)| *ends != [None; 3])
    }
}

impl Node {
    /// Notes that a rule for these kinds goes through this node.
    fn lead_on(&mut self, kinds: &[MetricKind], new: Follow) {
        for kind in kinds {
            if let Some(follow) = self.follow.get_mut(*kind as usize) {
                let old = follow.unwrap_or(new);
                *follow = Some(Follow {
                    fewest: old.fewest.min(new.fewest),
                    most: old.most.max(new.most),
                });
            }
        }
    }

    /// Whether a rule for this kind can be met with `left` more components.
    fn can_end(&self, kind: MetricKind, left: usize) -> bool {
        let follow = self.follow.get(kind as usize).copied().flatten();
        follow.is_some_and(|follow| (follow.fewest..=follow.most).contains(&left))
    }
}

/// The nodes that one more component leads to, in order of preference.
struct Next<'t> {
    trie: &'t Trie,
    kind: MetricKind,
    left: usize,
    nodes: Nodes,
    /// Which nodes behind `**` are already among them, one bit each. No other
    /// node can be reached in two ways.
    seen: SmallVec<[u64; 2]>,
}

impl<'t> Next<'t> {
    fn new(trie: &'t Trie, kind: MetricKind) -> Self {
        let words = (trie.doubles as usize).div_ceil(64);
        Self { trie, kind, left: 0, nodes: Nodes::new(), seen: smallvec![0; words] }
    }

    fn restart(&mut self, left: usize) {
        self.left = left;
        self.nodes.clear();
        self.seen.fill(0);
    }

    fn step(&mut self, id: NodeId, component: &str) {
        let Some(node) = self.trie.nodes.get(id as usize) else { return };
        let itself = node.double.map(|_| id);
        let exact = node.exact.get(component).copied();
        for id in [exact, node.one, node.many, itself].into_iter().flatten() {
            let possible = self.push(id);
            if possible && self.trie.order == Order::TextFirstForGood {
                return;
            }
        }
    }

    /// Takes up a node; false if no rule can end behind it.
    fn push(&mut self, id: NodeId) -> bool {
        let Some(node) = self.trie.nodes.get(id as usize) else { return false };
        if !node.can_end(self.kind, self.left) {
            return false;
        }
        if let Some(double) = node.double {
            let Some(word) = self.seen.get_mut(double as usize / 64) else { return false };
            let bit = 1 << (double % 64);
            if *word & bit != 0 {
                return true;
            }
            *word |= bit;
        }
        self.nodes.push(id);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MetricKind::{Counter, Gauge, Observer};

    fn trie(order: Order, globs: &[&str]) -> Trie {
        let mut trie = Trie::new(order);
        for (rule, glob) in globs.iter().enumerate() {
            let rule = u32::try_from(rule).unwrap();
            trie.insert(&Glob::parse(glob).unwrap(), rule, &MetricKind::ALL);
        }
        trie
    }

    fn find(trie: &Trie, name: &str) -> Option<u32> {
        trie.find(&Components::of(name), Counter)
    }

    #[test]
    fn the_first_in_the_file_wins() {
        let trie = trie(
            Order::FirstInFile,
            &["a.*.*", "a.b.c", "a.*.d", "**.z", "a.b", "a.b.c.d", "a.b.c"],
        );
        for (name, rule) in [
            ("a.b.c", Some(0)),
            ("a.x.d", Some(0)),
            ("a.b.z", Some(0)),
            ("q.z", Some(3)),
            ("a.b", Some(4)),
            ("a.b.c.d", Some(5)),
            ("a.b.c.z", Some(3)),
            ("z", None),
            ("a", None),
            ("", None),
            ("a.b.c.d.e", None),
        ] {
            assert_eq!(find(&trie, name), rule, "{name}");
        }
    }

    #[test]
    fn without_ordering_text_beats_a_star_beats_two() {
        let trie =
            trie(Order::TextFirst, &["**", "a.**", "a.*.*", "*.b.c", "a.b.x", "a.*.c", "a.**.c"]);
        for (name, rule) in [
            ("a.b.c", Some(5)),
            ("a.b.x", Some(4)),
            ("a.q.z", Some(2)),
            ("q.b.c", Some(3)),
            ("a.1.2.c", Some(6)),
            ("a.1.2.3", Some(1)),
            ("q", Some(0)),
        ] {
            assert_eq!(find(&trie, name), rule, "{name}");
        }
    }

    #[test]
    fn a_match_that_exists_is_found() {
        let trie = trie(Order::TextFirst, &["a.b.c.e", "a.*.x.d", "a.b.*.d", "*.b.c.f"]);
        for (name, rule) in [
            ("a.b.c.d", Some(2)),
            ("a.b.x.d", Some(2)),
            ("a.q.x.d", Some(1)),
            ("a.b.c.f", Some(3)),
            ("a.b.x.e", None),
        ] {
            assert_eq!(find(&trie, name), rule, "{name}");
        }
    }

    #[test]
    fn a_choice_for_good_is_not_taken_back() {
        let trie = trie(Order::TextFirstForGood, &["a.*.*", "a.b.c", "a.*.d", "a.b"]);
        for (name, rule) in [
            ("a.b.c", Some(1)),
            ("a.x.c", Some(0)),
            ("a.x.d", Some(2)),
            ("a.b.d", None),
            ("a.b", Some(3)),
        ] {
            assert_eq!(find(&trie, name), rule, "{name}");
        }
    }

    #[test]
    fn a_rule_for_another_kind_is_no_match() {
        let mut trie = Trie::new(Order::FirstInFile);
        for (rule, (glob, kinds)) in [
            ("m.a", &[Gauge][..]),
            ("m.*", &[Counter]),
            ("m.*", &[Gauge]),
            ("m.*", &[Counter, Observer]),
        ]
        .into_iter()
        .enumerate()
        {
            trie.insert(&Glob::parse(glob).unwrap(), u32::try_from(rule).unwrap(), kinds);
        }
        let find = |name, kind| trie.find(&Components::of(name), kind);
        assert_eq!(find("m.a", Counter), Some(1));
        assert_eq!(find("m.a", Gauge), Some(0));
        assert_eq!(find("m.b", Gauge), Some(2));
        assert_eq!(find("m.a", Observer), Some(3));
    }

    #[test]
    fn many_double_stars_do_not_multiply() {
        let globs: Vec<String> =
            (1..=12).map(|n| format!("{}.end", vec!["**"; n].join("."))).collect();
        let globs: Vec<&str> = globs.iter().map(String::as_str).collect();
        let trie = trie(Order::FirstInFile, &globs);
        let name = vec!["a"; 5000].join(".");
        assert_eq!(find(&trie, &name), None);
        assert_eq!(find(&trie, &format!("{name}.end")), Some(0));
        assert_eq!(find(&trie, "a.end"), Some(0));
    }
}
