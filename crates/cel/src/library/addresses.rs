//! Kubernetes' functions of IP addresses and of networks in CIDR notation.
//!
//! Sources: k8s.io/apiserver, `pkg/cel/library/ip.go` and `cidr.go`. Neither zones nor addresses of version 4
//! within version 6 are taken; a network may have bits set beyond its prefix.

use super::{Args, Failure, Function, Host, Library, cost};
use crate::error::EvalError;
use crate::extension::{Address, Extension, Network};
use crate::value::{Type, Value};

type Answer<'a> = Result<Value<'a>, Failure>;

const QUESTION: &[&str] = &["net.IP.() -> bool"];

pub(crate) static IP: Library = Library {
    name: "kubernetes.net.ip",
    kubernetes: &[(30, 0)],
    kubernetes_only: true,
    functions: &[
        Function::global("ip", 1, ip).overloads(&["(string) -> net.IP"]).costs(cost::first),
        Function::global("ip.isCanonical", 1, is_canonical)
            .overloads(&["(string) -> bool"])
            .costs(cost::first_twice),
        Function::global("isIP", 1, is_ip).overloads(&["(string) -> bool"]).costs(cost::first),
        Function::global("string", 1, address_text).overloads(&["(net.IP) -> string"]).text(),
        Function::method("family", 0, family).overloads(&["net.IP.() -> int"]),
        Function::method("isUnspecified", 0, is_unspecified).overloads(QUESTION),
        Function::method("isLoopback", 0, is_loopback).overloads(QUESTION),
        Function::method("isLinkLocalMulticast", 0, is_link_local_multicast).overloads(QUESTION),
        Function::method("isLinkLocalUnicast", 0, is_link_local_unicast).overloads(QUESTION),
        Function::method("isGlobalUnicast", 0, is_global_unicast).overloads(QUESTION),
    ],
    types: &[Type::Ip],
    macros: &[],
};

pub(crate) static CIDR: Library = Library {
    name: "kubernetes.net.cidr",
    kubernetes: &[(30, 0)],
    kubernetes_only: true,
    functions: &[
        Function::global("cidr", 1, cidr).overloads(&["(string) -> net.CIDR"]).costs(cost::first),
        Function::global("isCIDR", 1, is_cidr).overloads(&["(string) -> bool"]).costs(cost::first),
        Function::global("string", 1, network_text).overloads(&["(net.CIDR) -> string"]).text(),
        Function::method("containsIP", 1, contains_ip)
            .overloads(&["net.CIDR.(string) -> bool", "net.CIDR.(net.IP) -> bool"])
            .costs(cost_of_containing),
        Function::method("containsCIDR", 1, contains_cidr)
            .overloads(&["net.CIDR.(string) -> bool", "net.CIDR.(net.CIDR) -> bool"])
            .costs(cost_of_containing_all),
        Function::method("ip", 0, address_of).overloads(&["net.CIDR.() -> net.IP"]),
        Function::method("masked", 0, masked).overloads(&["net.CIDR.() -> net.CIDR"]),
        Function::method("prefixLength", 0, prefix_length).overloads(&["net.CIDR.() -> int"]),
    ],
    types: &[Type::Cidr],
    macros: &[],
};

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

fn ip<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let address = Address::parse(arguments.text(0)?).map_err(failed)?;
    Ok(Value::extension(Extension::Ip(address)))
}

fn is_canonical<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let text = arguments.text(0)?;
    let address = Address::parse(text).map_err(failed)?;
    Ok(Value::Bool(*address.to_string() == **text))
}

fn is_ip<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(Address::parse(arguments.text(0)?).is_ok()))
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

fn contains_ip<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let network = network(arguments)?;
    let other = match arguments.value(1) {
        Value::String(text) => Address::parse(text).map_err(failed)?,
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
