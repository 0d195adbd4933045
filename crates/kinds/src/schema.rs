//! The types of one version: fields, their types, and how each decodes.

use std::collections::HashMap;
use std::sync::OnceLock;

use bulkhead_document::{Key, Tree};

use crate::data;
use crate::defaults::Rule;
use crate::kind::KindRecord;
use crate::roles::Bootstrap;
use crate::version::SUPPORTED;

/// Tables of our own words: no attacker chooses them, so the hash may be a fast one.
pub(crate) type Table<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// What one minor version of Kubernetes says of its kinds.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "kinds are one of the things that it holds")]
pub struct Kinds {
    pub(crate) minor: u32,
    pub(crate) types: Vec<TypeRecord>,
    pub(crate) type_numbers: Table<&'static str, TypeId>,
    pub(crate) fields: Vec<FieldRecord>,
    /// Open addressing, one table per type: key to field, plus one.
    pub(crate) slots: Vec<u16>,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) lists: Vec<Vec<Key>>,
    pub(crate) kinds: Vec<KindRecord>,
    pub(crate) kind_numbers: Table<(&'static str, &'static str), u16>,
    /// Fields that are there even when a document leaves them out, type by type.
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) literals: Tree,
    pub(crate) specials: Vec<(&'static str, &'static str)>,
    /// The way to the Pod template, for the types of kinds that have one.
    pub(crate) templates: Table<TypeId, Vec<Key>>,
    pub(crate) key_names: Table<Key, &'static str>,
    pub(crate) bootstrap: OnceLock<Bootstrap>,
}

/// A type's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TypeId(pub(crate) u16);

/// A shape's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShapeId(pub(crate) u16);

#[derive(Debug)]
pub(crate) struct TypeRecord {
    pub(crate) name: &'static str,
    /// First field and how many.
    pub(crate) fields: (u32, u16),
    /// First slot and the mask of a slot's number.
    pub(crate) slots: (u32, u16),
    /// First wanted field and how many.
    pub(crate) wanted: (u32, u16),
    pub(crate) special: Special,
    /// Its resource amounts are rounded up to a thousandth.
    pub(crate) milli: bool,
    /// Objects of this kind get no defaults, whatever their parts get elsewhere.
    pub(crate) plain: bool,
}

/// Types that need code (`normalise/special.rs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    None,
    Container,
    PodSpec,
    Volume,
    ImageVolume,
    Service,
    LimitRangeItem,
    Secret,
    Claim,
    Namespace,
    /// Takes its labels, and its selector where it has none, from its Pod template.
    LabelsOfTemplate,
    Definition,
    DefinitionSpec,
    Conversion,
    /// An empty list of policies keeps the default away, though it is not written itself.
    ScalingRules,
    Node,
    PodStatus,
}

#[derive(Debug)]
pub(crate) struct FieldRecord {
    pub(crate) key: Key,
    pub(crate) name: &'static str,
    pub(crate) shape: ShapeId,
    pub(crate) pointer: bool,
    /// Written even when it is zero.
    pub(crate) always: bool,
    pub(crate) required: bool,
    pub(crate) atomic: Atomic,
    pub(crate) list: ListRecord,
    /// Its place among the wanted fields of its type, or [`FieldRecord::UNWANTED`].
    pub(crate) wanted: u8,
    pub(crate) enumeration: &'static str,
}

impl FieldRecord {
    pub(crate) const UNWANTED: u8 = u8::MAX;
}

/// What server-side apply replaces as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Atomic {
    No,
    /// The object or the map itself.
    Whole,
    /// Each item of the list.
    Items,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListRecord {
    Plain,
    Set,
    /// Number in [`Kinds::lists`].
    Map(u16),
    /// The same, by strategic merge patch alone.
    Merge(u16),
}

/// A field that is there even when a document leaves it out.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) field: u32,
    /// First rule that may give its value, and how many.
    pub(crate) rules: (u32, u16),
}

/// What a value is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Scalar(Scalar),
    Object(TypeId),
    List(ShapeId),
    Map(ShapeId),
    /// The second where the value is a mapping, else the first.
    Either(ShapeId, TypeId),
}

/// A value without parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// Text.
    Text,
    /// A truth value.
    Bool,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A number.
    Double,
    /// An amount ([`crate::Quantity`]).
    Quantity,
    /// A whole number of 32 bits, or text such as `25%`.
    IntOrString,
    /// A time to the second, RFC 3339.
    Time,
    /// A time to the microsecond, RFC 3339.
    MicroTime,
    /// A span of time as Go writes it: `1m30s`.
    Duration,
    /// Bytes in base64.
    Bytes,
    /// Anything; Kubernetes does not look inside.
    Any,
}

impl Kinds {
    /// The facts of Kubernetes 1.N; `None` outside [`SUPPORTED`]. They are read when first asked for.
    pub fn for_minor(minor: u32) -> Option<&'static Self> {
        static ALL: [OnceLock<Kinds>; 6] = [const { OnceLock::new() }; 6];
        let place = minor.checked_sub(*SUPPORTED.start())?;
        let cell = ALL.get(usize::try_from(place).ok()?)?;
        Some(cell.get_or_init(|| data::load(minor)))
    }

    /// Which version this is: 35 for 1.35.
    pub fn minor(&self) -> u32 {
        self.minor
    }

    /// A type by its short name, such as `core/v1.Container`.
    pub fn type_named(&self, name: &str) -> Option<Type<'_>> {
        self.type_numbers.get(name).map(|id| self.type_of(*id))
    }

    pub(crate) fn type_of(&self, id: TypeId) -> Type<'_> {
        Type { kinds: self, id }
    }

    pub(crate) fn record(&self, id: TypeId) -> Option<&TypeRecord> {
        self.types.get(usize::from(id.0))
    }

    pub(crate) fn shape(&self, id: ShapeId) -> Shape {
        self.shapes.get(usize::from(id.0)).copied().unwrap_or(Shape::Scalar(Scalar::Any))
    }

    pub(crate) fn field_of(&self, record: &TypeRecord, key: Key) -> Option<&FieldRecord> {
        let number = key.number()?;
        let (start, mask) = record.slots;
        let mut slot = slot_of(number, mask);
        loop {
            let found = self.slots.get(start as usize + slot)?.checked_sub(1)?;
            let field = self.fields.get(record.fields.0 as usize + usize::from(found))?;
            if field.key == key {
                return Some(field);
            }
            slot = (slot + 1) & usize::from(mask);
        }
    }

    pub(crate) fn fields_of(&self, record: &TypeRecord) -> &[FieldRecord] {
        let start = record.fields.0 as usize;
        self.fields.get(start..start + usize::from(record.fields.1)).unwrap_or(&[])
    }

    pub(crate) fn wanted_of(&self, record: &TypeRecord) -> &[Wanted] {
        let start = record.wanted.0 as usize;
        self.wanted.get(start..start + usize::from(record.wanted.1)).unwrap_or(&[])
    }

    /// Whether this version has a default that is code rather than a rule: the type, and the field
    /// with the type and field that hold the object.
    pub(crate) fn has_special(&self, name: &str, field: &str) -> bool {
        self.specials.contains(&(name, field))
    }

    fn form(&self, id: ShapeId) -> FieldType<'_> {
        match self.shape(id) {
            Shape::Scalar(scalar) => FieldType::Scalar(scalar),
            Shape::Object(id) => FieldType::Object(self.type_of(id)),
            Shape::List(items) => FieldType::List(ShapeOf { kinds: self, id: items }),
            Shape::Map(values) => FieldType::Map(ShapeOf { kinds: self, id: values }),
            Shape::Either(other, id) => {
                FieldType::Either(ShapeOf { kinds: self, id: other }, self.type_of(id))
            }
        }
    }
}

pub(crate) fn slot_of(number: usize, mask: u16) -> usize {
    (number.wrapping_mul(0x9E37_79B1) >> 12) & usize::from(mask)
}

/// A type: what a mapping may hold.
#[derive(Clone, Copy)]
pub struct Type<'k> {
    kinds: &'k Kinds,
    pub(crate) id: TypeId,
}

impl<'k> Type<'k> {
    /// Its short name: API package, version and Go name, such as `core/v1.Container`.
    pub fn name(self) -> &'static str {
        self.kinds.record(self.id).map_or("", |record| record.name)
    }

    /// Its fields, by name.
    pub fn fields(self) -> impl Iterator<Item = Field<'k>> {
        let kinds = self.kinds;
        let fields = kinds.record(self.id).map_or(&[][..], |record| kinds.fields_of(record));
        fields.iter().map(move |record| Field { kinds, record })
    }

    /// The field under a key.
    pub fn field(self, key: Key) -> Option<Field<'k>> {
        let record = self.kinds.field_of(self.kinds.record(self.id)?, key)?;
        Some(Field { kinds: self.kinds, record })
    }
}

impl std::fmt::Debug for Type<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for Type<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.kinds, other.kinds) && self.id == other.id
    }
}

/// A field of a type.
#[derive(Clone, Copy)]
pub struct Field<'k> {
    kinds: &'k Kinds,
    record: &'k FieldRecord,
}

impl<'k> Field<'k> {
    /// As spelled in YAML.
    pub fn name(self) -> &'static str {
        self.record.name
    }

    /// The interned name.
    pub fn key(self) -> Key {
        self.record.key
    }

    /// What it holds.
    pub fn field_type(self) -> FieldType<'k> {
        self.kinds.form(self.record.shape)
    }

    /// Whether the published schema requires it.
    pub fn is_required(self) -> bool {
        self.record.required
    }

    /// Whether an object or a map is one value to server-side apply, and is never merged.
    pub fn is_atomic(self) -> bool {
        self.record.atomic == Atomic::Whole
    }

    /// The same of the items of a list.
    pub fn has_atomic_items(self) -> bool {
        self.record.atomic == Atomic::Items
    }

    /// The values that the published schema allows, where it lists them.
    pub fn allowed(self) -> impl Iterator<Item = &'static str> {
        self.record.enumeration.split('|').filter(|value| !value.is_empty())
    }

    /// How the items of a list are told apart.
    pub fn list_key(self) -> ListKey<'k> {
        let keys = |number: u16| self.kinds.lists.get(usize::from(number)).map_or(&[][..], Vec::as_slice);
        match self.record.list {
            ListRecord::Plain => ListKey::Position,
            ListRecord::Set => ListKey::Value,
            ListRecord::Map(number) => ListKey::Keys(keys(number)),
            ListRecord::Merge(number) => ListKey::MergeKeys(keys(number)),
        }
    }
}

impl std::fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What a value is, to be looked at one level at a time.
#[derive(Debug, Clone, Copy)]
pub enum FieldType<'k> {
    /// A value without parts.
    Scalar(Scalar),
    /// A mapping with known fields.
    Object(Type<'k>),
    /// A list of such items.
    List(ShapeOf<'k>),
    /// A mapping of any keys to such values.
    Map(ShapeOf<'k>),
    /// An object where the value is a mapping, else the other (schemas of custom resources).
    Either(ShapeOf<'k>, Type<'k>),
}

/// The type of a list's items or a map's values.
#[derive(Clone, Copy)]
pub struct ShapeOf<'k> {
    kinds: &'k Kinds,
    id: ShapeId,
}

impl<'k> ShapeOf<'k> {
    /// What it is.
    pub fn form(self) -> FieldType<'k> {
        self.kinds.form(self.id)
    }
}

impl std::fmt::Debug for ShapeOf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.form())
    }
}

/// How the items of a list are told apart, from one version of an object to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKey<'k> {
    /// By their place alone.
    Position,
    /// By their value: a set.
    Value,
    /// By the values of these fields, as the schema declares.
    Keys(&'k [Key]),
    /// By these fields, though only strategic merge patch says so.
    MergeKeys(&'k [Key]),
}
