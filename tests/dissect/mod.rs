//! The header walk and the packet filter, against hand-made packets, tshark and tcpdump.

mod attribution;
mod corpus;
mod filter;
mod links;
mod packets;
mod tunnels;
