//! A Service that sends to a port that its Pods do not declare.

use super::Check;
use crate::cluster::Cluster;
use crate::facts::{Detail, Port};
use crate::findings::Findings;

pub(super) static SERVICE_PORT_UNDECLARED: Check = Check {
    id: "service-port-undeclared",
    page: include_str!("service_port_undeclared.yaml"),
    absence: true,
    about: &["Service"],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    for (object, detail) in cluster.said() {
        let Detail::Selects { selector, .. } = detail else { continue };
        if object.kind() != "Service" {
            continue;
        }
        let pods = cluster.selected(object, selector);
        if pods.is_empty() {
            continue;
        }
        for detail in cluster.said_by(object) {
            let Detail::SendsTo(sends) = detail else { continue };
            let (port, spot) = &**sends;
            let declared = pods.iter().any(|pods| {
                cluster.said_by(*pods).any(|detail| match (detail, port) {
                    (Detail::Declares { number, .. }, Port::Number(wanted)) => number == wanted,
                    (Detail::Declares { name, .. }, Port::Name(wanted)) => name.as_ref() == Some(wanted),
                    _ => false,
                })
            });
            if !declared {
                let port = match port {
                    Port::Number(number) => number.to_string(),
                    Port::Name(name) => cluster.text(*name).to_owned(),
                };
                let message = format!("sends to port {port}, which its Pods do not declare");
                findings.add(object, Some(spot), message);
            }
        }
    }
}
