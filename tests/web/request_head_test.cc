#include "web/request_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace weir::test {
namespace {

using namespace std::string_literals;

std::string get(const std::string& headers) {
  return "GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}

TEST(RequestHeadTest, WhatBrowsersAndProgramsSendIsFine) {
  for (const std::string& head :
       {get(""), get("Accept: */*\r\nX-Empty:\r\nX-Tab:\ta\tb\r\nX-Latin: gr\xfc\xdf\r\n"),
        "POST /api/v1/query?a=%ff HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: 12\r\n\r\n"s,
        get("Transfer-Encoding: Chunked\r\n"), "GET / HTTP/1.0\r\n\r\n"s, "GET /\xc3\xbc HTTP/1.1\r\n\r\n"s,
        "OPTIONS * HTTP/1.1\r\n\r\n"s}) {
    EXPECT_EQ(fault_of_head(head), "") << head;
  }
}

TEST(RequestHeadTest, WhatOthersMayReadDifferentlyIsRefused) {
  for (const std::string& head : {
           get("Content-Length : 5\r\n"),
           get("X: y\r\n Content-Length: 5\r\n"),
           get("X: y\rContent-Length: 5\r\n"),
           get("X: y\nContent-Length: 5\r\n"),
           get("X: a\0b\r\n"s),
           get("X: \x7f\r\n"),
           get(": nameless\r\n"),
           get("no colon\r\n"),
           get("Host: localhost\r\n"),
           get("Content-Length: 5\r\ncontent-length: 5\r\n"),
           get("Content-Length: 5, 5\r\n"),
           get("Content-Length: -1\r\n"),
           get("Content-Length: +1\r\n"),
           get("Content-Length: 0x10\r\n"),
           get("Content-Length:\r\n"),
           get("Content-Length: 99999999999999999999\r\n"),
           get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
           get("Transfer-Encoding: gzip, chunked\r\n"),
           get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
           get("Transfer-Encoding: xchunked\r\n"),
       }) {
    EXPECT_NE(fault_of_head(head), "") << head;
  }
  EXPECT_NE(fault_of_head("GET / HTTP/1.1\r\nHost: localhost\r\n"), "");
  EXPECT_NE(fault_of_head(get("") + get("")), "");
  EXPECT_EQ(fault_of_head("GET / HTTP/1.1\r\nHost: a\0.b\r\n\r\n"s), "a control character in a header");
}

TEST(RequestHeadTest, RequestLines) {
  for (const std::string& line :
       {"GET /healthz"s, ""s, "GET"s, "GET  HTTP/1.1"s, " / HTTP/1.1"s, "GET / HTTP/2.0"s, "GET / HTTP/1.10"s,
        "GET / http/1.1"s, "GET /a b HTTP/1.1"s, "GET /\t HTTP/1.1"s, "GET /\0 HTTP/1.1"s, "G\"T / HTTP/1.1"s,
        "GET / HTTP/1.1 "s, "PRI * HTTP/2.0"s, "GET / HTTP/1.1\n"s}) {
    EXPECT_NE(fault_of_head(line + "\r\n\r\n"), "") << line;
  }
}

TEST(RequestHeadTest, TellsWhereTheNextRequestBegins) {
  EXPECT_TRUE(is_plain_get(get("")));
  EXPECT_TRUE(is_plain_get("HEAD / HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(is_plain_get(get("X-Content-Length: 5\r\n")));
  EXPECT_FALSE(is_plain_get(get("CONTENT-LENGTH: 5\r\n")));
  EXPECT_FALSE(is_plain_get(get("transfer-encoding: chunked\r\n")));
  EXPECT_FALSE(is_plain_get("POST / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(is_plain_get("get / HTTP/1.1\r\n\r\n"));
}

TEST(RequestHeadTest, HidesWhatTheLibraryMustNotSee) {
  std::string head = get("RANGE: bytes=0-1\r\nAccept-Encoding: gzip\r\nX-Range: a\r\nRanger: range: b\r\n");
  hide_headers(head);
  EXPECT_EQ(head, get("xANGE: bytes=0-1\r\nxccept-Encoding: gzip\r\nX-Range: a\r\nRanger: range: b\r\n"));
}

}  // namespace
}  // namespace weir::test
