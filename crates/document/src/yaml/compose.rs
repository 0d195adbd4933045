//! Events into a tree: aliases, merge keys and tags, as go-yaml v2's `decode.go` has them.

use std::collections::HashMap;

use super::scalar::{self, Value};
use crate::build::Builder;
use crate::key::Key;
use crate::limits::{Failure, Limits, Problem};
use crate::tree::{Entry, Kind, NodeId, Origin, Span, Tree};

/// Text of a scalar.
pub(super) enum Text<'a> {
    /// It stands in the source as it is.
    Slice(Span),
    /// Lines were folded or escapes resolved.
    Own(&'a str),
}

/// What can stand before a node, and mostly does not.
pub(super) type Properties = Option<Box<NodeProperties>>;

#[derive(Default)]
pub(super) struct NodeProperties {
    pub(super) anchor: Option<String>,
    /// In its full form.
    pub(super) tag: Option<String>,
}

/// What an alias stands for.
#[derive(Clone, Copy)]
enum Anchored {
    /// The alias stands within what it stands for: the collection that begins here.
    Open(u32),
    Closed(Target),
}

#[derive(Clone, Copy)]
struct Target {
    /// `None` for what JSON cannot hold (`.inf`), and so can only be a key.
    node: Option<NodeId>,
    /// The scalar as a key; number and key are made from the YAML value, by different rules.
    key: Option<Key>,
    measure: Measure,
}

/// What a node stands for with its aliases written out.
#[derive(Clone, Copy)]
struct Measure {
    nodes: u64,
    height: usize,
}

const SCALAR: Measure = Measure { nodes: 1, height: 0 };

/// Builds one document from its events.
pub(super) struct Composer<'s, 'l> {
    builder: Builder,
    source: &'s str,
    limits: &'l Limits,
    frames: Vec<Frame>,
    anchors: HashMap<String, Anchored>,
    alias_nodes: u64,
    /// Where the last scalar, alias or bracket ended.
    last_end: u32,
    root: Option<NodeId>,
}

/// An open collection.
struct Frame {
    start: u32,
    base: usize,
    anchor: Option<String>,
    measure: Measure,
    place: Place,
}

/// What the next node of a collection is.
#[derive(Clone, Copy)]
enum Place {
    Item,
    Key,
    Value(Key, Span),
    /// The value of `<<`.
    Merge,
}

impl<'s, 'l> Composer<'s, 'l> {
    /// The source is that of the tree.
    pub(super) fn new(source: &'s str, tree: Tree, limits: &'l Limits) -> Self {
        Self {
            builder: Builder::new(tree),
            source,
            limits,
            frames: Vec::new(),
            anchors: HashMap::new(),
            alias_nodes: 0,
            last_end: 0,
            root: None,
        }
    }

    /// The document, once all its events came; `None` when there was none.
    pub(super) fn finish(self) -> Option<Tree> {
        let root = self.root?;
        let mut tree = self.builder.tree;
        tree.set_root(root);
        Some(tree)
    }

    /// A scalar; `plain` where it has neither quotes nor a block's header.
    pub(super) fn scalar(
        &mut self,
        text: &Text<'_>,
        plain: bool,
        properties: Properties,
        span: Span,
    ) -> Result<(), Failure> {
        self.last_end = span.end;
        let content = match text {
            Text::Slice(slice) => slice.of(self.source),
            Text::Own(text) => text,
        };
        let (anchor, tag) = properties.map_or((None, None), |properties| (properties.anchor, properties.tag));
        let tag = tag.as_deref();
        let fail = |problem| Failure::new(problem, span.start as usize);
        let is_key = self.expects_key();
        if is_key && content == "<<" && is_merge(plain, tag) {
            self.expect(Place::Merge);
            return self.keep_anchor(anchor, None, text, span, Value::Text);
        }
        let decoded;
        let (text, content) = if tag.and_then(|tag| tag.strip_prefix(scalar::PREFIX)) == Some("binary") {
            decoded = scalar::binary(content).map_err(fail)?;
            (&Text::Own(&decoded), decoded.as_str())
        } else {
            (text, content)
        };
        let value = match tag {
            None if plain => scalar::plain(content),
            None => Value::Text,
            Some(tag) => scalar::tagged(tag, content).map_err(fail)?,
        };
        if is_key {
            let name = value.key(content).map_err(fail)?;
            let key = self.builder.tree.intern(&name);
            self.expect(Place::Value(key, span));
            return self.keep_anchor(anchor, Some(key), text, span, value);
        }
        let node = self.add_scalar(text, span, value).map_err(fail)?;
        if let Some(anchor) = anchor {
            let key = value.key(content).ok().map(|name| self.builder.tree.intern(&name));
            let target = Target { node: Some(node), key, measure: SCALAR };
            self.anchors.insert(anchor, Anchored::Closed(target));
        }
        self.add(node, SCALAR, false, span)
    }

    /// Another place for the value of an anchor.
    pub(super) fn alias(&mut self, name: &str, span: Span) -> Result<(), Failure> {
        self.last_end = span.end;
        let fail = |problem| Failure::new(problem, span.start as usize);
        let invalid = |message: String| fail(Problem::Value(message));
        let target = match self.anchors.get(name) {
            Some(Anchored::Closed(target)) => *target,
            Some(Anchored::Open(_)) => return Err(invalid(format!("anchor '{name}' contains itself"))),
            None => return Err(invalid(format!("unknown anchor '{name}'"))),
        };
        self.alias_nodes = self.alias_nodes.saturating_add(target.measure.nodes);
        if self.alias_nodes > self.limits.alias_nodes as u64 {
            return Err(fail(Problem::TooManyAliasNodes { limit: self.limits.alias_nodes }));
        }
        if self.frames.len().saturating_add(target.measure.height) > self.limits.depth {
            return Err(fail(Problem::TooDeep { limit: self.limits.depth }));
        }
        if self.expects_key() {
            let key = target.key.ok_or_else(|| invalid(format!("alias '{name}' cannot be a key")))?;
            self.expect(Place::Value(key, span));
            return Ok(());
        }
        let node = target.node.ok_or_else(|| invalid(format!("alias '{name}' is no value of JSON")))?;
        self.add(node, target.measure, true, span)
    }

    pub(super) fn begin_sequence(&mut self, properties: Properties, start: u32) -> Result<(), Failure> {
        let base = self.builder.item_base();
        self.begin(properties, start, base, Place::Item)
    }

    pub(super) fn begin_mapping(&mut self, properties: Properties, start: u32) -> Result<(), Failure> {
        let base = self.builder.entry_base();
        self.begin(properties, start, base, Place::Key)
    }

    /// The end of the innermost collection; one in block style ends where its last child does.
    pub(super) fn end(&mut self, end: Option<u32>) -> Result<(), Failure> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        self.last_end = end.unwrap_or(self.last_end).max(frame.start);
        let span = Span { start: frame.start, end: self.last_end };
        let node = match frame.place {
            Place::Item => self.builder.finish_sequence(frame.base, span),
            _ => self.builder.finish_mapping(frame.base, span),
        };
        let measure = Measure { height: frame.measure.height + 1, ..frame.measure };
        // The name may have been given anew within.
        if let Some(anchor) = frame.anchor
            && let Some(place @ Anchored::Open(_)) = self.anchors.get_mut(&anchor)
            && matches!(place, Anchored::Open(start) if *start == frame.start)
        {
            *place = Anchored::Closed(Target { node: Some(node), key: None, measure });
        }
        self.add(node, measure, false, span)
    }

    fn begin(
        &mut self,
        properties: Properties,
        start: u32,
        base: usize,
        place: Place,
    ) -> Result<(), Failure> {
        let offset = start as usize;
        if self.expects_key() {
            let problem = Problem::Value("a sequence or mapping cannot be a key".into());
            return Err(Failure::new(problem, offset));
        }
        if self.frames.len() >= self.limits.depth {
            let problem = Problem::TooDeep { limit: self.limits.depth };
            return Err(Failure::new(problem, offset));
        }
        let anchor = properties.and_then(|properties| properties.anchor);
        if let Some(anchor) = &anchor {
            self.anchors.insert(anchor.clone(), Anchored::Open(start));
        }
        let measure = Measure { nodes: 1, height: 0 };
        self.frames.push(Frame { start, base, anchor, measure, place });
        Ok(())
    }

    /// Puts a node where it belongs.
    fn add(&mut self, node: NodeId, measure: Measure, alias: bool, span: Span) -> Result<(), Failure> {
        self.builder.check_nodes(self.limits, span.start as usize)?;
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.measure.nodes = frame.measure.nodes.saturating_add(measure.nodes);
        frame.measure.height = frame.measure.height.max(measure.height);
        match frame.place {
            Place::Item => self.builder.item(node),
            Place::Value(key, at) => {
                frame.place = Place::Key;
                self.builder.entry(Entry { key, value: node, span: at });
            }
            Place::Merge => {
                frame.place = Place::Key;
                self.merge(node, alias).map_err(|problem| Failure::new(problem, span.start as usize))?;
            }
            // Keys are taken before they become nodes.
            Place::Key => (),
        }
        Ok(())
    }

    /// The entries of a mapping, or of each mapping of a sequence, the first one last: it wins. Like
    /// any key they win over what stood before; go-yaml v2 sets keys as they come.
    fn merge(&mut self, node: NodeId, alias: bool) -> Result<(), Problem> {
        let value = self.builder.tree.node(node);
        let sources: Vec<NodeId> = match value.kind() {
            Kind::Mapping(_) => vec![node],
            Kind::Sequence(_) if !alias && value.items().all(super::super::tree::Node::is_mapping) => {
                value.item_ids().iter().rev().copied().collect()
            }
            _ => {
                return Err(Problem::Value("a merge key needs a mapping or a sequence of mappings".into()));
            }
        };
        for source in sources {
            let entries: Vec<Entry> = self.builder.tree.node(source).raw_entries().to_vec();
            for entry in entries {
                self.builder.merged_entry(entry);
            }
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| matches!(frame.place, Place::Key))
    }

    fn expect(&mut self, place: Place) {
        if let Some(frame) = self.frames.last_mut() {
            frame.place = place;
        }
    }

    fn add_scalar(&mut self, text: &Text<'_>, span: Span, value: Value) -> Result<NodeId, Problem> {
        let tree = &mut self.builder.tree;
        Ok(match (value.kind()?, text) {
            (Some(kind), _) => tree.add_scalar(kind, span, Origin::Source),
            (None, Text::Slice(slice)) => tree.add_slice(*slice, span),
            (None, Text::Own(text)) => tree.add_scalar(Kind::Text(text), span, Origin::Source),
        })
    }

    /// A key has no node of its own, unless an alias may stand for it elsewhere.
    fn keep_anchor(
        &mut self,
        anchor: Option<String>,
        key: Option<Key>,
        text: &Text<'_>,
        span: Span,
        value: Value,
    ) -> Result<(), Failure> {
        let Some(anchor) = anchor else { return Ok(()) };
        self.builder.check_nodes(self.limits, span.start as usize)?;
        let node = self.add_scalar(text, span, value).ok();
        self.anchors.insert(anchor, Anchored::Closed(Target { node, key, measure: SCALAR }));
        Ok(())
    }
}

fn is_merge(plain: bool, tag: Option<&str>) -> bool {
    match tag {
        None => plain,
        Some("!") => true,
        Some(tag) => tag.strip_prefix(scalar::PREFIX) == Some("merge"),
    }
}
