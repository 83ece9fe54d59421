#include "enrich/knowledge.h"

namespace weir {
namespace {

void add_network(PlaceDraft& place, const Network& network) {
  place.set_text(FieldId::src_net_name, network.name);
  place.set_text(FieldId::src_net_site, network.site);
  place.set_text(FieldId::src_net_role, network.role);
  place.set_text(FieldId::src_net_tenant, network.tenant);
}

}  // namespace

Knowledge::Knowledge(std::vector<std::shared_ptr<const GeoDatabase>> databases,
                     std::shared_ptr<const NetworkTable> networks)
    : databases_(std::move(databases)), networks_(std::move(networks)) {
  std::erase(databases_, nullptr);
}

Knowledge::Findings Knowledge::find(const AddressBytes& address, Family family) const {
  Findings findings;
  for (std::size_t i = 0; i < databases_.size(); ++i) findings.records[i] = databases_[i]->find(address, family);
  if (networks_) findings.own_network = networks_->find(address, family);
  if (findings.own_network == 0) findings.special_network = special_networks().find(address, family);
  return findings;
}

PlaceDraft Knowledge::describe(const Findings& findings) const {
  PlaceDraft place;
  for (std::size_t i = 0; i < databases_.size(); ++i) {
    if (findings.records[i] != 0) databases_[i]->add_to(place, findings.records[i]);
  }
  if (findings.own_network != 0) add_network(place, networks_->network(findings.own_network));
  if (findings.special_network != 0) add_network(place, special_networks().network(findings.special_network));
  return place;
}

}  // namespace weir
