# Takes what weir delivers to OpenObserve's _json, insists on its path and credentials, and counts the records.
# GET /counted tells how many came. It wants nothing but Debian's perl-base.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my $user = "$ENV{ZO_ROOT_USER_EMAIL}:$ENV{ZO_ROOT_USER_PASSWORD}";
my $credentials = pack 'u', $user;    # uuencoding and base64 differ in their alphabet and the lengths only
$credentials =~ s/^.//gm;
$credentials =~ s/\n//g;
$credentials =~ tr{` -_}{AA-Za-z0-9+/};
substr($credentials, -$_) = '=' x $_ for grep { $_ } (3 - length($user) % 3) % 3;

my ($records, $refused) = (0, 0);

sub answer {
    my ($head, $body) = @_;
    return (200, qq({"records":$records,"refused":$refused})) if $head =~ m{^GET /counted };
    if ($head !~ m{^POST /api/default/netflow1/_json HTTP/1\.1\r\n} || $head !~ /^Authorization: Basic \Q$credentials\E\r$/im) {
        $refused++;
        return (401, '{"code":401,"message":"Unauthorized Access"}');
    }
    my $count = () = $body =~ /"time_received_ns":/g;    # once in every record
    $records += $count;
    return (200, qq({"code":200,"status":[{"name":"netflow1","successful":$count,"failed":0}]}));
}

$SIG{TERM} = sub { exit 0 };
$SIG{PIPE} = 'IGNORE';
my $listener = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => 5080, Listen => 16, ReuseAddr => 1) or die $!;
my $select = IO::Select->new($listener);
my %input;
while (my @ready = $select->can_read) {
    for my $socket (@ready) {
        if ($socket == $listener) { $select->add(scalar $listener->accept); next; }
        if (!sysread $socket, $input{$socket}, 1 << 20, length($input{$socket} //= '')) {
            delete $input{$socket};
            $select->remove($socket);
            close $socket;
            next;
        }
        while ($input{$socket} =~ /\r\n\r\n/) {
            my ($head_end, $length) = ($+[0], 0);
            my $head = substr $input{$socket}, 0, $head_end;
            $length = $1 if $head =~ /^Content-Length: (\d+)/im;
            last if length($input{$socket}) < $head_end + $length;
            my ($status, $text) = answer($head, substr $input{$socket}, $head_end, $length);
            substr($input{$socket}, 0, $head_end + $length) = '';
            syswrite $socket, "HTTP/1.1 $status X\r\nContent-Type: application/json\r\nContent-Length: "
              . length($text) . "\r\n\r\n$text";
        }
    }
}
