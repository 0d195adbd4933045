//! Addresses and networks of the Internet Protocol, as Go's `net/netip` reads and writes them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::quote::quoted;

/// An address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// Of version 4.
    V4(Ipv4Addr),
    /// Of version 6.
    V6(Ipv6Addr),
}

impl Address {
    /// Reads an address and its zone.
    ///
    /// # Errors
    /// The text is none, in Go's words.
    pub(crate) fn parse_with_zone(text: &str) -> Result<(Self, &str), String> {
        let mistake = |why: &str| Err(format!("ParseAddr({}): {why}", quoted(text)));
        match text.bytes().find(|byte| matches!(byte, b'.' | b':' | b'%')) {
            Some(b'.') => {
                let octets = octets(text).map_err(|why| format!("ParseAddr({}): {why}", quoted(text)))?;
                Ok((Self::V4(octets.into()), ""))
            }
            Some(b':') => {
                let (address, zone) = text.split_once('%').unwrap_or((text, ""));
                if zone.is_empty() && address.len() < text.len() {
                    return mistake("zone must be a non-empty string");
                }
                let groups = groups(address).map_err(|why| format!("ParseAddr({}): {why}", quoted(text)))?;
                Ok((Self::V6(groups.into()), zone))
            }
            Some(_) => mistake("missing IPv6 address"),
            None => mistake("unable to parse IP"),
        }
    }

    /// Reads an address without a zone.
    ///
    /// # Errors
    /// The text is none, or one of version 4 within one of version 6, in the words of the API server.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (address, zone) = Self::parse_with_zone(text).map_err(|why| {
            format!("IP Address {} parse error during conversion from string: {why}", quoted(text))
        })?;
        if !zone.is_empty() {
            return Err(format!("IP address {} with zone value is not allowed", quoted(text)));
        }
        address.unmapped(text)
    }

    /// Reads an address without a zone; one of version 4 within one of version 6 is taken out of it, unless it
    /// is written with dots.
    ///
    /// # Errors
    /// The text is none.
    pub(crate) fn parse_neutral(text: &str) -> Result<Self, String> {
        match Self::parse_with_zone(text) {
            Ok((Self::V6(address), "")) if !text.contains('.') => {
                Ok(address.to_ipv4_mapped().map_or(Self::V6(address), Self::V4))
            }
            _ => Self::parse(text),
        }
    }

    fn unmapped(self, text: &str) -> Result<Self, String> {
        match self {
            Self::V6(address) if address.to_ipv4_mapped().is_some() => {
                Err(format!("IPv4-mapped IPv6 address {} is not allowed", quoted(text)))
            }
            other => Ok(other),
        }
    }

    /// How many bits it has.
    pub(crate) fn bits(self) -> u8 {
        match self {
            Self::V4(_) => 32,
            Self::V6(_) => 128,
        }
    }

    /// Its bits, the first on top.
    fn aligned(self) -> u128 {
        match self {
            Self::V4(address) => u128::from(address.to_bits()) << 96,
            Self::V6(address) => address.to_bits(),
        }
    }

    /// `0.0.0.0` or `::`.
    pub(crate) fn is_unspecified(self) -> bool {
        self.aligned() == 0
    }

    /// One that never leaves the machine.
    pub(crate) fn is_loopback(self) -> bool {
        match self {
            Self::V4(address) => address.is_loopback(),
            Self::V6(address) => address.is_loopback(),
        }
    }

    /// One of groups within a link.
    pub(crate) fn is_link_local_multicast(self) -> bool {
        match self {
            Self::V4(address) => matches!(address.octets(), [224, 0, 0, _]),
            Self::V6(address) => matches!(address.octets(), [0xff, second, ..] if second & 0x0f == 0x02),
        }
    }

    /// One within a link.
    pub(crate) fn is_link_local_unicast(self) -> bool {
        match self {
            Self::V4(address) => address.is_link_local(),
            Self::V6(address) => address.is_unicast_link_local(),
        }
    }

    fn is_multicast(self) -> bool {
        match self {
            Self::V4(address) => address.is_multicast(),
            Self::V6(address) => address.is_multicast(),
        }
    }

    /// One of anything else but groups, private ones included.
    pub(crate) fn is_global_unicast(self) -> bool {
        self != Self::V4(Ipv4Addr::BROADCAST)
            && !self.is_unspecified()
            && !self.is_loopback()
            && !self.is_multicast()
            && !self.is_link_local_unicast()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => address.fmt(f),
        }
    }
}

/// A network: an address and how many of its bits tell the network. The rest need not be zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: Address,
    length: u8,
}

impl Network {
    /// Reads a network.
    ///
    /// # Errors
    /// The text is none, in the words of the API server.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::read(text)
            .map_err(|why| {
                let why = format!("netip.ParsePrefix({}): {why}", quoted(text));
                format!("network address parse error during conversion from string: {why}")
            })
            .and_then(|network| network.address.unmapped(text).map(|_| network))
            .map_err(|why| format!("network address parse error during conversion from string: {why}"))
    }

    fn read(text: &str) -> Result<Self, String> {
        let Some((address, length)) = text.rsplit_once('/') else { return Err("no '/'".to_owned()) };
        let (address, zone) = Address::parse_with_zone(address)?;
        if !zone.is_empty() {
            return Err("IPv6 zones cannot be present in a prefix".to_owned());
        }
        let bad = || format!("bad bits after slash: {}", quoted(length));
        if length.len() > 1 && !length.starts_with(|first| matches!(first, '1'..='9')) {
            return Err(bad());
        }
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let bits: u64 = if is_number { length.parse().ok() } else { None }
            .filter(|bits| i64::try_from(*bits).is_ok())
            .ok_or_else(bad)?;
        match u8::try_from(bits) {
            Ok(length) if length <= address.bits() => Ok(Self { address, length }),
            _ => Err("prefix length out of range".to_owned()),
        }
    }

    /// The address it was written with.
    pub(crate) fn address(self) -> Address {
        self.address
    }

    /// How many bits tell the network.
    pub(crate) fn length(self) -> u8 {
        self.length
    }

    fn mask(self) -> u128 {
        u128::MAX.checked_shl(128_u32.saturating_sub(u32::from(self.length))).unwrap_or(0)
    }

    /// The same with all other bits zero.
    pub(crate) fn masked(self) -> Self {
        let mask = self.mask();
        let address = match self.address {
            Address::V4(address) => {
                let kept = u32::try_from(mask >> 96).unwrap_or(0);
                Address::V4(Ipv4Addr::from_bits(address.to_bits() & kept))
            }
            Address::V6(address) => Address::V6(Ipv6Addr::from_bits(address.to_bits() & mask)),
        };
        Self { address, ..self }
    }

    /// Whether an address is in it; those of the other version never are.
    pub(crate) fn contains(self, address: Address) -> bool {
        let differing = self.address.aligned() ^ address.aligned();
        self.address.bits() == address.bits() && differing & self.mask() == 0
    }

    /// Whether all of another network is in it.
    pub(crate) fn contains_network(self, other: Self) -> bool {
        self.length <= other.length && self.contains(other.address)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// The four numbers of an address of version 4.
fn octets(text: &str) -> Result<[u8; 4], String> {
    let mut found = [0; 4];
    let (mut place, mut value, mut digits) = (0_usize, 0_u8, 0_u32);
    let mut before = b'.';
    let last = text.len().saturating_sub(1);
    for (at, byte) in text.bytes().enumerate() {
        let rest = || quoted(text.get(at..).unwrap_or(""));
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err("IPv4 field has octet with leading zero".to_owned());
                }
                value = value
                    .checked_mul(10)
                    .and_then(|value| value.checked_add(byte.saturating_sub(b'0')))
                    .ok_or("IPv4 field has value >255")?;
                digits = digits.saturating_add(1);
            }
            b'.' => {
                if before == b'.' || at == last {
                    return Err(format!("IPv4 field must have at least one digit (at {})", rest()));
                }
                if place == 3 {
                    return Err("IPv4 address too long".to_owned());
                }
                if let Some(field) = found.get_mut(place) {
                    *field = value;
                }
                place = place.saturating_add(1);
                (value, digits) = (0, 0);
            }
            _ => return Err(format!("unexpected character (at {})", rest())),
        }
        before = byte;
    }
    if place < 3 {
        return Err("IPv4 address too short".to_owned());
    }
    let [.., fourth] = &mut found;
    *fourth = value;
    Ok(found)
}

/// The sixteen bytes of an address of version 6.
fn groups(text: &str) -> Result<[u8; 16], String> {
    let mut found: Vec<u8> = Vec::with_capacity(16);
    let mut gap = None;
    let mut rest = text;
    if let Some(after) = rest.strip_prefix("::") {
        gap = Some(0);
        rest = after;
        if rest.is_empty() {
            return Ok([0; 16]);
        }
    }
    while found.len() < 16 {
        let at = |why: &str| Err(format!("{why} (at {})", quoted(rest)));
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if digits > 4 {
            return at("each group must have 4 or less digits");
        }
        let (number, after) = rest.split_at_checked(digits).unwrap_or((rest, ""));
        let Ok(value) = u16::from_str_radix(number, 16) else {
            return at("each colon-separated field must have at least one digit");
        };
        if after.starts_with('.') {
            if gap.is_none() && found.len() != 12 {
                return at("embedded IPv4 address must replace the final 2 fields of the address");
            }
            if found.len() > 12 {
                return at("too many hex fields to fit an embedded IPv4 at the end of the address");
            }
            found.extend(octets(rest)?);
            rest = "";
            break;
        }
        found.extend(value.to_be_bytes());
        rest = after;
        if rest.is_empty() {
            break;
        }
        let at = |why: &str| Err(format!("{why} (at {})", quoted(after)));
        match after.strip_prefix(':') {
            None => return at("unexpected character, want colon"),
            Some("") => return at("colon must be followed by more characters"),
            Some(next) => rest = next,
        }
        if let Some(next) = rest.strip_prefix(':') {
            if gap.is_some() {
                return Err(format!("multiple :: in address (at {})", quoted(rest)));
            }
            gap = Some(found.len());
            rest = next;
            if rest.is_empty() {
                break;
            }
        }
    }
    if !rest.is_empty() {
        return Err(format!("trailing garbage after address (at {})", quoted(rest)));
    }
    let missing = 16_usize.saturating_sub(found.len());
    match gap {
        None if missing > 0 => return Err("address string too short".to_owned()),
        Some(_) if missing == 0 => {
            return Err("the :: must expand to at least one field of zeros".to_owned());
        }
        Some(gap) => {
            found.splice(gap..gap, std::iter::repeat_n(0, missing));
        }
        None => {}
    }
    found.try_into().map_err(|_| "address string too short".to_owned())
}
