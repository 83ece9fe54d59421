# The Debian package: `script/package` builds it. What belongs to a system, not to a user's prefix, is installed where the
# prefix is /usr.
if(NOT CMAKE_INSTALL_PREFIX STREQUAL /usr)
  return()
endif()

set(WEIR_MAINTAINER "The weir authors <weir@localhost>" CACHE STRING "Who answers for the package: NAME <ADDRESS>")
set(deploy ${PROJECT_SOURCE_DIR}/deploy)
set(doc ${PROJECT_BINARY_DIR}/doc)
install(FILES ${deploy}/systemd/weir-collector.service ${deploy}/systemd/weir-exporter@.service
  DESTINATION lib/systemd/system)
install(FILES ${deploy}/60-weir.conf DESTINATION lib/sysctl.d)
install(FILES ${deploy}/weir.toml DESTINATION /etc/weir)
install(FILES ${deploy}/debian/copyright DESTINATION share/doc/weir)
install(DIRECTORY ${deploy}/grafana ${deploy}/prometheus DESTINATION share/weir)
install(CODE "execute_process(COMMAND ln -sf weir
  \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/bash-completion/completions/goquery\" COMMAND_ERROR_IS_FATAL ANY)")

# changelog.gz as Debian has it: one entry, of this version.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${doc}/changelog
  "weir (${PROJECT_VERSION}) unstable; urgency=medium\n\n  * See /usr/share/doc/weir/CHANGELOG.md.gz.\n\n -- ${WEIR_MAINTAINER}  ${date}\n")
file(COPY ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${doc})
execute_process(COMMAND gzip -9nf ${doc}/changelog ${doc}/CHANGELOG.md COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${doc}/changelog.gz ${doc}/CHANGELOG.md.gz DESTINATION share/doc/weir)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_VENDOR "The weir authors")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${WEIR_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "NetFlow and IPFIX exporter, collector and flow store")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "weir meters the packets of network interfaces, or receives NetFlow v1, v5,
v7, v9 and IPFIX, and delivers one exact record for each flow: to its own
columnar store, which it queries in the language of goQuery, to files, to
OpenObserve and Elasticsearch, or to other collectors. Every flow that did
not arrive is accounted for, with the reason.
.
This package has the program with its services: weir-collector, which starts
with the system, and weir-exporter@INTERFACE.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "geoipupdate, prometheus")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(WRITE ${doc}/conffiles "/etc/weir/weir.toml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${deploy}/debian/postinst ${deploy}/debian/prerm ${deploy}/debian/postrm ${doc}/conffiles)
include(CPack)
