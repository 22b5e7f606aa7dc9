# `cpack` in a build of the preset `package` makes the Debian package (make deb): the program with its manual page and completions.
# dpkg-shlibdeps finds the libraries it needs, so it installs with apt on the Debian that it was built on.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME aced-etl)
set(CPACK_PACKAGE_VENDOR "aced-etl")
set(CPACK_PACKAGE_CONTACT "The aced-etl maintainers <https://github.com/ACED-IDP/aced-etl/issues>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "load FHIR studies into a Gen3 data commons")
set(CPACK_PACKAGE_DESCRIPTION "aced-etl converts the FHIR R5 metadata of research studies into the sheepdog graph of a Gen3
 data commons and uploads their files to S3 and indexd. Graph loads are atomic, and every run can be resumed.")
set(CPACK_PACKAGE_HOMEPAGE_URL "https://github.com/ACED-IDP/aced-etl")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
include(CPack)
