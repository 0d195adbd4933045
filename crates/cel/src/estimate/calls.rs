//! What calls cost, and how large their results are.

use super::lower::{Core, Node, Overload};
use super::walk::Walk;
use super::{Estimate, TRAVERSAL};
use crate::check::types::StaticType;

/// A call, in one of the ways that it may be meant.
pub(super) struct Call<'c> {
    pub(super) node: &'c Node,
    pub(super) function: &'c str,
    pub(super) target: Option<&'c Node>,
    pub(super) arguments: &'c [Node],
    pub(super) overload: &'c Overload,
    pub(super) costs: &'c [Estimate],
}

/// A cost without that of the arguments, and the size of the result where it has one.
type Cost = (Estimate, Option<Estimate>);

/// The cost of a call that is known here.
type Answer = Option<Cost>;

/// What a character of a pattern costs.
const PATTERN: f64 = 0.25;
/// The longest pattern behind a named format, and the longest format.
const LONGEST_NAME_FORMAT: f64 = 128.0;
const LONGEST_FORMAT: u64 = 64;

const ONE: Estimate = Estimate::exactly(1);
/// What the server lets one permission check cost.
const CHECK: Estimate = Estimate::exactly(350_000);

/// The functions of Kubernetes' libraries, and those whose cost they decide.
pub(super) fn of_library(walk: &mut Walk<'_>, call: &Call<'_>) -> Answer {
    if let Some(answer) = of_extensions(walk, call) {
        return Some(answer);
    }
    let target = call.target;
    let traversal = |size: Estimate| Some((size.scaled(TRAVERSAL), None));
    match (call.function, call.arguments) {
        ("check", _) => Some((CHECK, None)),
        (
            "serviceAccount"
            | "path"
            | "group"
            | "resource"
            | "subresource"
            | "namespace"
            | "name"
            | "allowed"
            | "reason"
            | "error"
            | "errored"
            | "format.named"
            | "sign"
            | "asInteger"
            | "isInteger"
            | "asApproximateFloat"
            | "isGreaterThan"
            | "isLessThan"
            | "compareTo"
            | "add"
            | "sub"
            | "major"
            | "minor"
            | "patch"
            | "getScheme"
            | "getHostname"
            | "getHost"
            | "getPort"
            | "getEscapedPath"
            | "getQuery"
            | "masked"
            | "prefixLength"
            | "family"
            | "isUnspecified"
            | "isLoopback"
            | "isLinkLocalMulticast"
            | "isLinkLocalUnicast"
            | "isGlobalUnicast",
            _,
        ) => Some((ONE, None)),
        ("fieldSelector" | "labelSelector", [selector]) => {
            let size = walk.size_or_unknown(selector);
            // A list of requirements, each a list and a structure.
            let requirements = size.scaled(0.5).scaled(50.0);
            Some((Estimate::exactly(10).plus(size.scaled(TRAVERSAL)).plus(requirements), None))
        }
        ("isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf", _) => Some(elements(walk, target?)),
        ("url" | "jsonpatch.escapeKey", [only]) => {
            let size = walk.size_or_unknown(only);
            Some((size.scaled(TRAVERSAL), Some(size)))
        }
        ("lowerAscii" | "upperAscii" | "substring" | "trim", _) => {
            let size = walk.size_or_unknown(target?);
            Some((size.scaled(TRAVERSAL), Some(size)))
        }
        ("replace", [old, new, ..]) => Some(replaced(walk, target?, old, new)),
        ("split", arguments) => {
            let size = walk.size_or_unknown(target?);
            let most = match arguments.get(1).map(|limit| &limit.core) {
                Some(Core::Literal(_, Some(limit))) => limit.cast_unsigned(),
                _ => size.most,
            };
            Some((size.scaled(2.0 * TRAVERSAL), Some(Estimate { least: 0, most })))
        }
        ("join", arguments) => Some(joined(walk, target?, arguments.first())),
        ("find" | "findAll", [pattern, ..]) => {
            let size = walk.size_or_unknown(target?);
            let cost = matched(size, walk.size_or_unknown(pattern));
            Some((cost, Some(Estimate { least: 0, most: size.most })))
        }
        ("ip", _) if matches!(call.overload.first(), Some(StaticType::Opaque(name, _)) if **name == *"net.CIDR") => {
            Some((ONE, None))
        }
        (
            "cidr" | "isIP" | "isCIDR" | "ip" | "quantity" | "isQuantity" | "semver" | "isSemver",
            [text, ..],
        ) => traversal(walk.size_or_unknown(text)),
        ("ip.isCanonical", [text, ..]) => Some((walk.size_or_unknown(text).scaled(2.0 * TRAVERSAL), None)),
        ("containsIP" | "containsCIDR", [other, ..]) => {
            let bytes = Estimate { least: 4, most: 16 };
            let mut cost = bytes.plus(bytes).scaled(TRAVERSAL);
            if call.function == "containsCIDR" {
                cost = cost.plus(bytes.scaled(TRAVERSAL)).plus(ONE);
            }
            if matches!(call.overload.get(1), Some(StaticType::String)) {
                cost = cost.plus(walk.size_or_unknown(other).scaled(TRAVERSAL));
            }
            Some((cost, None))
        }
        ("validate", [text, ..]) => {
            let cost = walk.size_or_unknown(text).scaled(TRAVERSAL).scaled(LONGEST_NAME_FORMAT * PATTERN);
            Some((cost, None))
        }
        ("_==_", [left, right]) if left.of == right.of => same(walk, &left.of, right),
        _ => None,
    }
}

/// Values of a library's own type compared.
fn same(walk: &mut Walk<'_>, of: &StaticType, right: &Node) -> Answer {
    let StaticType::Opaque(name, _) = of else { return None };
    let cost = match &**name {
        "net.IP" | "net.CIDR" | "kubernetes.Quantity" | "kubernetes.Semver" => ONE,
        name if name.starts_with("kubernetes.authorization.") => ONE,
        "kubernetes.NamedFormat" => Estimate { least: 1, most: LONGEST_FORMAT }.scaled(TRAVERSAL),
        "kubernetes.URL" => {
            let most = walk.size(right).map_or(1, |size| size.most);
            Estimate { least: 1, most }.scaled(TRAVERSAL)
        }
        _ => return None,
    };
    Some((cost, None))
}

/// The extensions of sets and of lists.
fn of_extensions(walk: &mut Walk<'_>, call: &Call<'_>) -> Answer {
    let made = |size: Estimate, factor: f64| {
        Some((size.scaled(factor).plus(ONE).plus(Estimate::exactly(10)), Some(size)))
    };
    let number = |node: &Node, other: u64| match node.core {
        Core::Literal(_, Some(number)) => number.max(0).cast_unsigned(),
        _ => other,
    };
    match (call.function, call.target, call.arguments) {
        ("sets.contains" | "sets.intersects" | "sets.equivalent", None, [left, right]) => {
            let product = walk.size_or_unknown(left).times(walk.size_or_unknown(right));
            let factor = if call.function == "sets.equivalent" { 2.0 } else { 1.0 };
            Some((product.scaled(factor).plus(ONE), None))
        }
        ("slice", Some(list), [start, end]) => {
            let size = walk.size_or_unknown(list);
            made(Estimate::exactly(number(end, size.most).wrapping_sub(number(start, 0))), 1.0)
        }
        ("lists.range", None, [count]) => made(Estimate::exactly(number(count, u64::MAX)), 1.0),
        ("reverse", Some(list), []) if matches!(call.overload.first(), Some(StaticType::List(_))) => {
            made(walk.size_or_unknown(list), 1.0)
        }
        ("flatten", Some(list), []) => made(walk.size_or_unknown(list), 1.0),
        ("flatten", Some(list), [depth]) => {
            #[expect(clippy::cast_precision_loss, reason = "as the server computes it")]
            let depth = number(depth, u64::MAX) as f64;
            made(walk.size_or_unknown(list), depth)
        }
        ("distinct", Some(list), []) => {
            let size = walk.size_or_unknown(list);
            made(size.times(size), 2.0)
        }
        ("sort", Some(list), []) => Some(sorted(walk.size_or_unknown(list), call.overload.first())),
        ("@sortByAssociatedKeys", Some(_), [keys]) => {
            Some(sorted(walk.size_or_unknown(keys), call.overload.get(1)))
        }
        _ => None,
    }
}

fn sorted(size: Estimate, list: Option<&StaticType>) -> Cost {
    let items = match list {
        Some(StaticType::List(items)) => items.types().first(),
        _ => None,
    };
    let longer = if matches!(items, Some(StaticType::String | StaticType::Bytes)) { TRAVERSAL } else { 0.0 };
    let size = size.times(size);
    (size.scaled(2.0 + longer).plus(ONE).plus(Estimate::exactly(10)), Some(size))
}

/// A comparison for each item; of a text, going through it once.
fn elements(walk: &mut Walk<'_>, list: &Node) -> Cost {
    let size = walk.size_or_unknown(list);
    let cost = match items(walk, list) {
        Some((StaticType::String | StaticType::Bytes, item)) => size.times(ONE.plus(item.scaled(TRAVERSAL))),
        Some(_) => size.times(ONE),
        None => size.scaled(TRAVERSAL),
    };
    (cost, None)
}

/// The type of a list's items and how large they are; `None` for what has no parts. A map's first part are its keys.
fn items(walk: &Walk<'_>, list: &Node) -> Option<(StaticType, Estimate)> {
    let first = list.of.parts().first()?.clone();
    let mut path = walk.path(list);
    if !path.is_empty() {
        path.push("@items".into());
    }
    Some((first, walk.size_at(&path).unwrap_or(Estimate::UNKNOWN)))
}

fn joined(walk: &mut Walk<'_>, list: &Node, separator: Option<&Node>) -> Cost {
    let count = walk.size_or_unknown(list);
    let mut size = items(walk, list).map_or(Estimate::NONE, |(_, item)| count.times(item));
    if let Some(separator) = separator {
        let separators =
            Estimate { least: count.least.saturating_sub(1), most: count.most.saturating_sub(1) };
        size = size.plus(walk.size_or_unknown(separator).times(separators));
    }
    (size.scaled(TRAVERSAL), Some(size))
}

/// The text that is left may be longer, where what is put in is, or where nothing is replaced between all letters.
fn replaced(walk: &mut Walk<'_>, text: &Node, old: &Node, new: &Node) -> Cost {
    let (text, old, new) = (walk.size_or_unknown(text), walk.size_or_unknown(old), walk.size_or_unknown(new));
    let (mut count, mut kept) = (Estimate::NONE, Estimate::NONE);
    if old.least == 0 {
        count.most = text.most.saturating_add(1);
        kept.most = text.most;
    } else if new.most <= old.least {
        kept.most = text.most;
    } else {
        count.most = shares(text.most, old.least);
    }
    if old.most == 0 {
        count.least = text.least.saturating_add(1);
        kept.least = text.least;
    } else if old.most <= new.least {
        kept.least = text.least;
    } else {
        count.least = shares(text.least, old.most);
    }
    (text.scaled(2.0 * TRAVERSAL), Some(count.times(new).plus(kept)))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as the server computes it: in doubles, rounded up"
)]
fn shares(of: u64, each: u64) -> u64 {
    (of as f64 / each as f64).ceil() as u64
}

/// A pattern tried on a text of such a size, which counts for one character more.
fn matched(text: Estimate, pattern: Estimate) -> Estimate {
    text.plus(ONE).scaled(TRAVERSAL).times(pattern.scaled(PATTERN))
}

/// The language's own functions.
pub(super) fn of_language(walk: &mut Walk<'_>, call: &Call<'_>) -> Answer {
    match (call.function, call.target, call.arguments) {
        ("format", Some(text), _) => Some((walk.size_or_unknown(text).scaled(TRAVERSAL), None)),
        ("bytes", None, [only]) if matches!(call.overload.first(), Some(StaticType::String)) => {
            let size = walk.size_or_unknown(only);
            let result = Estimate { least: size.least, most: size.most.wrapping_mul(4) };
            Some((size.scaled(TRAVERSAL), Some(result)))
        }
        ("string", None, [only]) if matches!(call.overload.first(), Some(StaticType::Bytes)) => {
            let size = walk.size_or_unknown(only);
            let result = Estimate { least: size.least.checked_div(4).unwrap_or(0), most: size.most };
            Some((size.scaled(TRAVERSAL), Some(result)))
        }
        ("strings.quote", None, [only]) => {
            let size = walk.size_or_unknown(only);
            let result = Estimate {
                least: size.least.wrapping_add(2),
                most: size.most.wrapping_mul(2).wrapping_add(2),
            };
            Some((size.scaled(TRAVERSAL), Some(result)))
        }
        ("startsWith" | "endsWith", Some(_), [part]) => {
            Some((walk.size_or_unknown(part).scaled(TRAVERSAL), None))
        }
        ("@in", None, [_, list]) if matches!(call.overload.get(1), Some(StaticType::List(_))) => {
            Some((walk.size_or_unknown(list).scaled(1.0), None))
        }
        ("matches", Some(text), [pattern]) => {
            Some((matched(walk.size_or_unknown(text), walk.size_or_unknown(pattern)), None))
        }
        ("contains", Some(text), [part]) => {
            let text = walk.size_or_unknown(text).scaled(TRAVERSAL);
            Some((text.times(walk.size_or_unknown(part).scaled(TRAVERSAL)), None))
        }
        ("_+_", None, [left, right]) => {
            let sum = walk.size_or_unknown(left).plus(walk.size_or_unknown(right));
            let cost = match call.overload.first() {
                Some(StaticType::List(_)) => ONE,
                Some(StaticType::String | StaticType::Bytes) => sum.scaled(TRAVERSAL),
                _ => return None,
            };
            walk.join(call.node, left, right);
            Some((cost, Some(sum)))
        }
        ("_<_" | "_<=_" | "_>_" | "_>=_", None, [left, right])
            if matches!(call.overload.first(), Some(StaticType::String | StaticType::Bytes)) =>
        {
            Some((compared(walk, left, right), None))
        }
        ("_==_" | "_!=_", None, [left, right]) => Some((compared(walk, left, right), None)),
        _ => None,
    }
}

/// As far as the shorter one goes.
fn compared(walk: &mut Walk<'_>, left: &Node, right: &Node) -> Estimate {
    let most = walk.size_or_unknown(left).most.min(walk.size_or_unknown(right).most);
    Estimate { least: u64::from(most > 0), most }.scaled(TRAVERSAL)
}
