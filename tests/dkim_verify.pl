# Verify the DKIM signatures of a mail on standard input with Mail::DKIM: a second implementation.
# The records of the DNS are given as arguments: NAME TEXT NAME TEXT ...
use strict;
use warnings;
use Mail::DKIM::DNS;
use Mail::DKIM::Verifier;
use Net::DNS;

package Records;

sub new { my ($class, %records) = @_; return bless {%records}, $class; }
sub errorstring { return ''; }
sub AUTOLOAD { return; }

sub send {
    my ($self, $name, $type) = @_;
    my $packet = Net::DNS::Packet->new($name, $type);
    if (my $text = $self->{$name}) {
        my @strings = $text =~ /(.{1,255})/g;
        $packet->push(
            answer => Net::DNS::RR->new(name => $name, type => 'TXT', ttl => 60, txtdata => [@strings]));
    }
    return $packet;
}
sub query { my $self = shift; return $self->send(@_); }

package main;

Mail::DKIM::DNS::resolver(Records->new(@ARGV));
my $verifier = Mail::DKIM::Verifier->new();
while (my $line = <STDIN>) { $verifier->PRINT($line); }
$verifier->CLOSE();
for my $signature ($verifier->signatures) {
    printf "%s %s\n", $signature->algorithm, $signature->result;
}
