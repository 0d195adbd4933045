//! Functions of IP addresses and of networks in CIDR notation, as Kubernetes has them and as the language does.
//!
//! Sources: k8s.io/apiserver, `pkg/cel/library/ip.go` and `cidr.go`; cel-spec, `network_ext`. Zones are not
//! taken, and a network may have bits set beyond its prefix. Kubernetes takes no address of version 4 within
//! version 6; to the language it is one of version 4, unless it is written with dots.

use super::{Args, Failure, Function, Host, Library, Run, cost};
use crate::error::EvalError;
use crate::extension::{Address, Extension, Network};
use crate::value::{Type, Value};

type Answer<'a> = Result<Value<'a>, Failure>;

const QUESTION: &[&str] = &["net.IP.() -> bool"];

const ADDRESS_TEXT: Function =
    Function::global("string", 1, address_text).overloads(&["(net.IP) -> string"]).text();
const FAMILY: Function = Function::method("family", 0, family).overloads(&["net.IP.() -> int"]);
const IS_UNSPECIFIED: Function = Function::method("isUnspecified", 0, is_unspecified).overloads(QUESTION);
const IS_LOOPBACK: Function = Function::method("isLoopback", 0, is_loopback).overloads(QUESTION);
const IS_LINK_LOCAL_MULTICAST: Function =
    Function::method("isLinkLocalMulticast", 0, is_link_local_multicast).overloads(QUESTION);
const IS_LINK_LOCAL_UNICAST: Function =
    Function::method("isLinkLocalUnicast", 0, is_link_local_unicast).overloads(QUESTION);
const IS_GLOBAL_UNICAST: Function =
    Function::method("isGlobalUnicast", 0, is_global_unicast).overloads(QUESTION);

/// Reads an address.
const fn ip_function(run: Run) -> Function {
    Function::global("ip", 1, run).overloads(&["(string) -> net.IP"]).costs(cost::first)
}

/// Tells whether an address is written in the one way that it is printed.
const fn canonical_function(run: Run) -> Function {
    Function::global("ip.isCanonical", 1, run)
        .overloads(&["(string) -> bool"])
        .costs(cost::first_twice)
}

/// Tells whether a text is an address.
const fn is_ip_function(run: Run) -> Function {
    Function::global("isIP", 1, run).overloads(&["(string) -> bool"]).costs(cost::first)
}

/// Tells whether an address is in a network.
const fn contains_ip_function(run: Run) -> Function {
    Function::method("containsIP", 1, run)
        .overloads(&["net.CIDR.(string) -> bool", "net.CIDR.(net.IP) -> bool"])
        .costs(cost_of_containing)
}

const CIDR_OF: Function =
    Function::global("cidr", 1, cidr).overloads(&["(string) -> net.CIDR"]).costs(cost::first);
const IS_CIDR: Function =
    Function::global("isCIDR", 1, is_cidr).overloads(&["(string) -> bool"]).costs(cost::first);
const NETWORK_TEXT: Function =
    Function::global("string", 1, network_text).overloads(&["(net.CIDR) -> string"]).text();
const CONTAINS_CIDR: Function = Function::method("containsCIDR", 1, contains_cidr)
    .overloads(&["net.CIDR.(string) -> bool", "net.CIDR.(net.CIDR) -> bool"])
    .costs(cost_of_containing_all);
const ADDRESS_OF: Function = Function::method("ip", 0, address_of).overloads(&["net.CIDR.() -> net.IP"]);
const MASKED: Function = Function::method("masked", 0, masked).overloads(&["net.CIDR.() -> net.CIDR"]);
const PREFIX_LENGTH: Function =
    Function::method("prefixLength", 0, prefix_length).overloads(&["net.CIDR.() -> int"]);

pub(crate) static IP: Library = Library {
    name: "kubernetes.net.ip",
    kubernetes: &[(30, 0)],
    kubernetes_only: true,
    functions: &[
        ip_function(ip::<false>),
        canonical_function(is_canonical::<false>),
        is_ip_function(is_ip::<false>),
        ADDRESS_TEXT,
        FAMILY,
        IS_UNSPECIFIED,
        IS_LOOPBACK,
        IS_LINK_LOCAL_MULTICAST,
        IS_LINK_LOCAL_UNICAST,
        IS_GLOBAL_UNICAST,
    ],
    types: &[Type::Ip],
    macros: &[],
};

pub(crate) static CIDR: Library = Library {
    name: "kubernetes.net.cidr",
    kubernetes: &[(30, 0)],
    kubernetes_only: true,
    functions: &[
        CIDR_OF,
        IS_CIDR,
        NETWORK_TEXT,
        contains_ip_function(contains_ip::<false>),
        CONTAINS_CIDR,
        ADDRESS_OF,
        MASKED,
        PREFIX_LENGTH,
    ],
    types: &[Type::Cidr],
    macros: &[],
};

/// What the language has of it, which Kubernetes does not use.
pub(crate) static NETWORK: Library = Library {
    name: "network",
    kubernetes: &[],
    kubernetes_only: false,
    functions: &[
        ip_function(ip::<true>),
        canonical_function(is_canonical::<true>),
        is_ip_function(is_ip::<true>),
        ADDRESS_TEXT,
        FAMILY,
        IS_UNSPECIFIED,
        IS_LOOPBACK,
        IS_LINK_LOCAL_MULTICAST,
        IS_LINK_LOCAL_UNICAST,
        IS_GLOBAL_UNICAST,
        CIDR_OF,
        IS_CIDR,
        NETWORK_TEXT,
        contains_ip_function(contains_ip::<true>),
        CONTAINS_CIDR,
        ADDRESS_OF,
        MASKED,
        PREFIX_LENGTH,
    ],
    types: &[Type::Ip, Type::Cidr],
    macros: &[],
};

/// An address as Kubernetes reads it, or as the language does.
fn parsed<const NEUTRAL: bool>(text: &str) -> Result<Address, String> {
    if NEUTRAL { Address::parse_neutral(text) } else { Address::parse(text) }
}

/// Reading the network twice, and once the other where it is text.
fn cost_of_containing(arguments: &Args<'_, '_>, _: &Value<'_>) -> u64 {
    let network = arguments.value(0).as_extension().map_or(1, Extension::size);
    let both = cost::traversal(network.saturating_mul(2));
    let is_text = matches!(arguments.value(1), Value::String(_)) && !arguments.untold;
    both.saturating_add(if is_text { cost::size_cost(arguments.value(1)) } else { 0 })
}

/// The same, and masking the network.
fn cost_of_containing_all(arguments: &Args<'_, '_>, result: &Value<'_>) -> u64 {
    let masking = cost::size_cost(arguments.value(0)).saturating_add(1);
    cost_of_containing(arguments, result).saturating_add(masking)
}

fn failed(why: String) -> Failure {
    EvalError::invalid(why).into()
}

fn address(arguments: &Args<'_, '_>) -> Result<Address, Failure> {
    if let Extension::Ip(address) = arguments.extension(0)? { Ok(*address) } else { Err(Failure::Types) }
}

fn network(arguments: &Args<'_, '_>) -> Result<Network, Failure> {
    if let Extension::Cidr(network) = arguments.extension(0)? { Ok(*network) } else { Err(Failure::Types) }
}

fn ip<'a, const NEUTRAL: bool>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let address = parsed::<NEUTRAL>(arguments.text(0)?).map_err(failed)?;
    Ok(Value::extension(Extension::Ip(address)))
}

fn is_canonical<'a, const NEUTRAL: bool>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let text = arguments.text(0)?;
    let address = parsed::<NEUTRAL>(text).map_err(failed)?;
    Ok(Value::Bool(*address.to_string() == **text))
}

fn is_ip<'a, const NEUTRAL: bool>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(parsed::<NEUTRAL>(arguments.text(0)?).is_ok()))
}

fn address_text<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::text(address(arguments)?.to_string()))
}

fn family<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Int(match address(arguments)? {
        Address::V4(_) => 4,
        Address::V6(_) => 6,
    }))
}

fn is_unspecified<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(address(arguments)?.is_unspecified()))
}

fn is_loopback<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(address(arguments)?.is_loopback()))
}

fn is_link_local_multicast<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(address(arguments)?.is_link_local_multicast()))
}

fn is_link_local_unicast<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(address(arguments)?.is_link_local_unicast()))
}

fn is_global_unicast<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(address(arguments)?.is_global_unicast()))
}

fn cidr<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let network = Network::parse(arguments.text(0)?).map_err(failed)?;
    Ok(Value::extension(Extension::Cidr(network)))
}

fn is_cidr<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(Network::parse(arguments.text(0)?).is_ok()))
}

fn network_text<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::text(network(arguments)?.to_string()))
}

fn contains_ip<'a, const NEUTRAL: bool>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let network = network(arguments)?;
    let other = match arguments.value(1) {
        // The server gives no other reason here.
        Value::String(text) => parsed::<NEUTRAL>(text).map_err(|_| failed("no such overload".to_owned()))?,
        _ => match arguments.extension(1)? {
            Extension::Ip(address) => *address,
            _ => return Err(Failure::Types),
        },
    };
    Ok(Value::Bool(network.contains(other)))
}

fn contains_cidr<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let network = network(arguments)?;
    let other = match arguments.value(1) {
        Value::String(text) => Network::parse(text).map_err(failed)?,
        _ => match arguments.extension(1)? {
            Extension::Cidr(network) => *network,
            _ => return Err(Failure::Types),
        },
    };
    Ok(Value::Bool(network.contains_network(other)))
}

fn address_of<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::extension(Extension::Ip(network(arguments)?.address())))
}

fn masked<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::extension(Extension::Cidr(network(arguments)?.masked())))
}

fn prefix_length<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Int(network(arguments)?.length().into()))
}
